// Every way a call ends before or after it was answered, told to both sides in words.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start({ TINCAN__CALL__RING_MS: '6000' })));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

async function ringing() {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.calls();
  await agent.rings();
  return { agent, visitor };
}

test('the agent declines', async () => {
  const { agent, visitor } = await ringing();
  await agent.decline();
  await agent.stopsRinging();
  await visitor.finds('Nobody could answer');
  await visitor.sees('Call again');
});

test('the visitor cancels', async () => {
  const { agent, visitor } = await ringing();
  await visitor.press('Cancel');
  await visitor.finds('You cancelled the call');
  await agent.stopsRinging();
});

test('nobody answers', async () => {
  const { agent, visitor } = await ringing();
  await visitor.finds('Nobody answered');
  await agent.stopsRinging();
  await agent.sawOneCall(visitor, 'Missed call: nobody answered');
});

test('the visitor closes the tab while it rings', async () => {
  const { agent, visitor } = await ringing();
  await visitor.page.close();
  await agent.stopsRinging();
});

test('the visitor hangs up', async () => {
  const { agent, visitor } = await world.call();
  await visitor.press('Hang up');
  await visitor.finds('You ended the call');
  await agent.seesNo('Hang up');
  await agent.sawOneCall(visitor);
});

test('the agent hangs up, and the visitor calls again', async () => {
  const { agent, visitor } = await world.call();
  await agent.press('Hang up');
  await visitor.finds(/ended the call/);
  await visitor.press('Call again');
  await agent.rings();
  await agent.accept();
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
});

test('both call each other in the same moment: it is one call', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.says('Hello');
  await agent.opens('Hello');
  await visitor.press('Call');
  await visitor.sees('Skip test');
  await Promise.all([visitor.press('Skip test'), agent.press('Call visitor')]);
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
  await visitor.press('Hang up');
  await agent.seesNo('Hang up');
});

test('two agents accept in the same instant: one wins, the other is told who', async () => {
  const [first, second] = await Promise.all([world.readyAgent(0), world.readyAgent(1)]);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.calls();
  await Promise.all([first.rings(), second.rings()]);
  const instant = Date.now() + 500;
  await Promise.all([first.acceptsAt(instant), second.acceptsAt(instant)]);

  const won = (agent) => agent.button('Hang up').waitFor().then(() => agent);
  const winner = await Promise.any([won(first), won(second)]);
  const loser = winner === first ? second : first;
  await loser.finds(/Taken by /);
  await loser.stopsRinging();
  const tone = winner === first ? TONES.firstAgent : TONES.secondAgent;
  await Promise.all([visitor.hears(tone), winner.hears(TONES.visitor)]);
});

test('a tenant without voice has no Call button, and its chat works', async () => {
  const visitor = await world.visitor({ site: { key: world.demo.free_tenant.tenant_key } });
  await visitor.opensChat();
  await visitor.says('Only writing here');
  await visitor.finds('Only writing here');
  await visitor.seesNo('Call');
});

test('nobody is ready: the widget says so and keeps what was typed', async () => {
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.root.getByRole('textbox', { name: 'Message' }).fill('half a sentence');
  await visitor.press('Call');
  await visitor.finds(/Nobody can answer/);
  assert.equal(await visitor.root.getByRole('textbox', { name: 'Message' }).inputValue(), 'half a sentence');
});
