// Sockets break in every way and in every phase. The sound goes on, nothing is lost, and a new socket resumes.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

const KINDS = ['close', 'silence', 'tear'];
const AWAY_MS = 5000;
// Between two beats of a tone, and on a busy machine, this much is no silence.
const GAP_MS = 600;
// What a browser says of a socket that could not be opened.
const LOST = /WebSocket connection to/;

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

// An agent with the visitor's conversation open, and nobody calling yet.
async function together() {
  world.expects(LOST);
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.says('Good morning');
  await agent.opens('Good morning');
  return { agent, visitor };
}

async function called({ agent, visitor }) {
  await visitor.calls();
  await agent.rings();
}

const bothHear = ({ agent, visitor }) => Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);

for (const kind of KINDS) {
  describe(`${kind} for ${AWAY_MS / 1000} s`, () => {
    test("the visitor's socket, while it rings", async () => {
      const people = await together();
      const { agent, visitor } = people;
      await called(people);
      const resumed = await visitor.counted('resumed');
      const fault = world.proxy.fault(kind, 'visitor');
      await agent.writes(visitor, 'One moment please');
      await fault.lasted(AWAY_MS);
      fault.end();
      await visitor.countsMore('resumed', resumed);
      await agent.accept();
      await bothHear(people);
      await visitor.findsInChat('One moment please');
    });

    test("the agent's socket, while it rings", async () => {
      const people = await together();
      const { agent, visitor } = people;
      await called(people);
      const sockets = await agent.counted('sockets');
      const fault = world.proxy.fault(kind, 'staff');
      await visitor.writes('Are you there?');
      await fault.lasted(AWAY_MS);
      fault.end();
      await agent.countsMore('sockets', sockets);
      await agent.accept();
      await bothHear(people);
      await agent.finds('Are you there?');
    });

    test('both sockets, while it connects', async () => {
      const people = await together();
      const { agent, visitor } = people;
      await called(people);
      await agent.accept();
      await agent.sees('Hang up');
      const fault = world.proxy.fault(kind);
      await fault.lasted(AWAY_MS);
      fault.end();
      await bothHear(people);
      await Promise.all([agent.reads(/connected/i), visitor.reads(/connected/i)]);
    });

    test("the visitor's socket, in a call, while the agent writes and holds", async () => {
      const people = await together();
      const { agent, visitor } = people;
      await called(people);
      await agent.accept();
      await bothHear(people);
      const resumed = await visitor.counted('resumed');
      const silence = await visitor.listensTo(TONES.firstAgent);
      const fault = world.proxy.fault(kind, 'visitor');
      await agent.says('I look it up');
      await fault.lasted(AWAY_MS - 1000);
      assert.ok((await silence()) < GAP_MS, 'the sound went on without a socket');
      await agent.press('Hold');
      await fault.lasted(AWAY_MS);
      fault.end();
      await visitor.countsMore('resumed', resumed);
      await visitor.reads(/hold/i);
      await visitor.findsInChat('I look it up');
      await visitor.hearsNothing();
      await agent.press('Resume');
      await bothHear(people);
    });

    test("the agent's socket, in a call, while the visitor writes and mutes", async () => {
      const people = await together();
      const { agent, visitor } = people;
      await called(people);
      await agent.accept();
      await bothHear(people);
      const resumed = await agent.counted('resumed');
      const silence = await agent.listensTo(TONES.visitor);
      const fault = world.proxy.fault(kind, 'staff');
      await visitor.writes('It is the blue one');
      await fault.lasted(AWAY_MS);
      assert.ok((await silence()) < GAP_MS, 'the sound went on without a socket');
      fault.end();
      await agent.countsMore('resumed', resumed);
      await agent.finds('It is the blue one');
      await visitor.press('Mute microphone');
      await agent.hearsNothing();
    });
  });
}
