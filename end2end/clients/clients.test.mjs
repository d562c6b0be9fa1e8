// Every scenario with every client of the table, against the real program.
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/chromium.mjs';
import { Program } from '../harness/program.mjs';
import { clients } from './clients.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { KEY, Stage } from './stage.mjs';

let program;
let browser;
before(async () => {
  [program, browser] = await Promise.all([
    Program.start({ environment: { TINCAN__AUTH__KEY: KEY, TINCAN__LIMITS__WIDGET_SESSIONS_PER_MINUTE: '10000' } }),
    launch({ microphone: 'none' }),
  ]);
});
after(() => Promise.all([program?.end(), browser?.close()]));

// They mostly wait for clients that are slow to come back: many at once. A page weighs more than a socket.
const table = clients(() => browser);
const groups = { 'outside of browsers': [12, (kind) => !kind.page], 'in Chromium': [4, (kind) => kind.page] };
for (const [group, [concurrency, chosen]] of Object.entries(groups)) {
  describe(`unchanged clients ${group}`, { concurrency }, () => {
    for (const kind of table.filter(chosen)) {
      for (const [name, play] of Object.entries(SCENARIOS)) {
        test(`${kind.name}: ${name}`, { timeout: 90_000 }, async (t) => play(await Stage.set(kind, program, t)));
      }
    }
  });
}
