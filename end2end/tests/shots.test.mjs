// Pictures of the four states a reader of the README wants to see, light and dark. They land in
// `shots/`, which git ignores; `cargo xtask shots` puts the light ones where the README shows them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

const IGNORED = new URL('../shots', import.meta.url).pathname;
const LIGHT = process.env.TINCAN_TEST_SHOTS ?? IGNORED;

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

for (const colorScheme of ['light', 'dark']) {
  test(`pictures, ${colorScheme}`, async () => {
    const folder = colorScheme === 'light' ? LIGHT : IGNORED;
    for (const made of [folder, IGNORED]) await mkdir(made, { recursive: true });
    const name = (what) => join(folder, colorScheme === 'light' ? `${what}.png` : `${what}-dark.png`);
    const shot = (person, what) => person.page.screenshot({ path: name(what), animations: 'disabled' });

    const context = { colorScheme };
    const agent = await world.readyAgent(0, { context });
    const visitor = await world.visitor({ context });
    await visitor.opensChat();
    await visitor.says('Hello! Does the small pan fit an induction hob?');
    await agent.opens('Does the small pan fit');
    await agent.says('It does. Shall we talk it over?');
    await visitor.finds('It does. Shall we talk it over?');
    await shot(visitor, 'widget-idle');
    await visitor.calls();
    await agent.rings();
    await shot(agent, 'incoming-call');
    await agent.accept();
    await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
    await visitor.talksFor(4);
    await shot(visitor, 'widget-in-call');
    await shot(agent, 'dashboard-in-call');
    await visitor.press('Hang up');
    await visitor.sees('Call again');
    await visitor.page.screenshot({ path: join(IGNORED, `widget-over-${colorScheme}.png`), animations: 'disabled' });
  });
}
