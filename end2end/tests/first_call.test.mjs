// The first call: a visitor presses Call, an agent accepts, and each hears the other.
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

test('each hears the other, and the call is in the conversation afterwards', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.calls();

  await agent.rings();
  await agent.accept();
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
  await Promise.all([visitor.connected(), agent.connected()]);
  await visitor.reads(/connected/i);

  await visitor.press('Hang up');
  await visitor.sees('Call again');
  await agent.sawOneCall(visitor);
});

test('mute silences one side only', async () => {
  const { agent, visitor } = await world.call();
  await visitor.press('Mute microphone');
  await visitor.sees('Unmute microphone');
  await agent.hearsNothing();
  await visitor.hears(TONES.firstAgent);
  await visitor.press('Unmute microphone');
  await agent.hears(TONES.visitor);

  await agent.press('Mute microphone');
  await visitor.hearsNothing();
  await agent.press('Unmute microphone');
  await visitor.hears(TONES.firstAgent);
});

test('hold silences both sides, and resume brings both back', async () => {
  const { agent, visitor } = await world.call();
  await agent.press('Hold');
  await visitor.reads(/hold/i);
  await Promise.all([visitor.hearsNothing(), agent.hearsNothing()]);
  await agent.press('Resume');
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
});

test('an agent calls a visitor who is there', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.says('Can you call me?');
  await agent.opens('Can you call me?');
  await agent.press('Call visitor');
  await visitor.rings();
  await visitor.accept();
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
  await agent.press('Hang up');
  await visitor.sees('Call again');
});

test('text goes both ways without a call', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.says('Do you ship to Bergen?');
  await agent.opens('Do you ship to Bergen?');
  await agent.says('We do, every Tuesday.');
  await visitor.finds('We do, every Tuesday.');
});
