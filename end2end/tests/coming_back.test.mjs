// Pages are loaded anew, left, and opened twice; the call goes on.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

const bothHear = ({ agent, visitor }) => Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);

async function returns(visitor) {
  await visitor.page.getByRole('button', { name: 'Return to your call' }).click();
}

test('the visitor loads the page anew and returns with one tap to the same call', async () => {
  const people = await world.call();
  const { agent, visitor } = people;
  const before = await agent.duration();
  await visitor.page.reload();
  await returns(visitor);
  await bothHear(people);
  assert.ok((await visitor.duration()) >= before, 'the timer went on');
  await visitor.press('Hang up');
  await agent.sawOneCall(visitor);
});

test('the visitor follows a link to another page of the site and returns', async () => {
  const people = await world.call();
  const { visitor } = people;
  await visitor.page.locator('a[href$="/demo/pans"]').first().click();
  await visitor.page.waitForURL('**/demo/pans');
  await returns(visitor);
  await bothHear(people);
});

test('the agent loads the dashboard anew and is in the call again', async () => {
  const people = await world.call();
  const { agent, visitor } = people;
  const before = await visitor.duration();
  await agent.page.reload();
  await agent.sees('Hang up');
  await bothHear(people);
  assert.ok((await agent.duration()) >= before, 'the timer went on');
});

test('a second tab of the visitor says where the call is, and can take it over', async () => {
  const people = await world.call();
  const { agent, visitor } = people;
  const tab = await world.tabOf(visitor);
  await tab.page.getByRole('button', { name: /^Open chat|^Return/ }).click();
  await tab.finds('Call in your other tab');
  await tab.press('Use here');
  await Promise.all([tab.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
  await visitor.seesNo('Hang up');
});

test('several tabs of one agent behave as one', async () => {
  const agent = await world.readyAgent(0);
  const tab = await agent.tab();
  await tab.sees('Pause');
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.calls();
  await Promise.all([agent.rings(), tab.rings()]);
  await tab.accept();
  await agent.stopsRinging();
  await Promise.all([visitor.hears(TONES.firstAgent), tab.hears(TONES.visitor)]);
});

test('blocked sound shows Tap to hear until it plays', async () => {
  const options = { browser: { autoplay: 'user-gesture-required' }, stub: { script: sayWhenBlocked } };
  const { agent, visitor } = await world.call({ agent: options });
  const blocked = agent.page.waitForEvent('console', (message) => message.text() === 'the sound is blocked');
  await agent.page.reload();
  await blocked;
  await agent.press('Tap to hear');
  await agent.hears(TONES.visitor);
  await agent.seesNo('Tap to hear');
  await visitor.hears(TONES.firstAgent);
});

// Looking at a page from outside counts as a touch of its user, and would unblock the sound: so the page tells by itself.
function sayWhenBlocked() {
  const look = () => {
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent.includes('Tap to hear') && !one.hidden);
    if (button) console.log('the sound is blocked');
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
}
