// The program stops and starts on the same data folder while two people talk.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`the call outlives the program (${signal}), and is recorded once`, async () => {
    const { agent, visitor } = await world.call();
    const [before, sockets] = [await agent.duration(), await Promise.all([visitor.counted('sockets'), agent.counted('sockets')])];
    const silences = await Promise.all([visitor.listensTo(TONES.firstAgent), agent.listensTo(TONES.visitor)]);

    world.expects(/WebSocket connection to/);
    await world.program.restart(signal);
    await Promise.all([visitor.countsMore('sockets', sockets[0]), agent.countsMore('sockets', sockets[1])]);
    await Promise.all([visitor.reads(/connected/i), agent.reads(/connected/i)]);
    for (const silence of silences) assert.ok((await silence()) < 600, 'the sound never stopped');
    assert.ok((await agent.duration()) >= before, 'the same call, the same timer');

    await visitor.press('Hang up');
    await agent.seesNo('Hang up');
    await agent.sawOneCall(visitor);
  });
}
