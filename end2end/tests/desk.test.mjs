// The agent's desk under everyday hands: double presses, reloads, keys only, other tabs, and where a visitor stands.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start({ TINCAN__CALL__RING_MS: '8000' })));
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

const bothHear = ({ agent, visitor }) => Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);

test('Accept pressed twice answers once', async () => {
  const people = await ringing();
  // Both presses in one task: no network is quicker than that.
  await people.agent.incoming().getByRole('button', { name: 'Accept', exact: true }).evaluate((button) => {
    button.click();
    button.click();
  });
  await bothHear(people);
  await people.visitor.press('Hang up');
  await people.agent.sawOneCall(people.visitor);
});

test('Call visitor pressed twice calls once', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.says('Twice, please');
  await agent.opens('Twice, please');
  await agent.button('Call visitor').evaluate((button) => {
    button.click();
    button.click();
  });
  await visitor.rings();
  await visitor.accept();
  await bothHear({ agent, visitor });
});

test('an answered visitor stands with whoever answered, also after a reload, and is not left waiting for others', async () => {
  const people = await world.call();
  const { agent, visitor } = people;
  const other = await world.agent(1);
  await visitor.press('Hang up');
  await agent.lists(visitor, 'Yours');
  await other.lists(visitor, 'Team');
  await agent.page.reload();
  await agent.live();
  await agent.lists(visitor, 'Yours');
  await other.page.reload();
  await other.live();
  await other.lists(visitor, 'Team');
});

test('a visitor who called in vain waits, also after a reload', async () => {
  const { agent, visitor } = await ringing();
  await visitor.finds('Nobody answered');
  await agent.lists(visitor, 'Waiting');
  await agent.page.reload();
  await agent.live();
  await agent.lists(visitor, 'Waiting');
  await agent.finds('Missed call: nobody answered');
});

test('the dialog keeps the focus, and hides without declining, wherever one clicked', async () => {
  const { agent } = await ringing();
  const focused = () => agent.page.evaluate(() => document.activeElement.textContent.trim());
  assert.equal(await focused(), 'Accept');
  await agent.page.mouse.click(5, 5);
  await agent.page.keyboard.press('Tab');
  const inside = await agent.page.evaluate(() => !!document.activeElement.closest('[role=alertdialog]'));
  assert.ok(inside, 'Tab leads back into the dialog');
  await agent.page.mouse.click(5, 5);
  await agent.page.keyboard.press('Escape');
  await agent.stopsRinging();
  await agent.page.getByRole('button', { name: /Open to answer/ }).click();
  await agent.rings();
});

test('a whole call by keys alone', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  const keys = visitor.page.keyboard;
  await visitor.page.getByRole('button', { name: 'Open chat' }).focus();
  await keys.press('Enter');
  await visitor.finds('Online, write or call');
  await reaches(visitor, 'Call');
  await keys.press('Enter');
  await visitor.sees('Start call');
  await reaches(visitor, 'Skip test');
  await keys.press('Enter');
  await agent.rings();
  await agent.page.keyboard.press('Alt+Shift+KeyA');
  await bothHear({ agent, visitor });
  await reaches(visitor, 'Mute microphone');
  await keys.press('Space');
  await agent.hearsNothing();
  await reaches(visitor, 'Hang up');
  await keys.press('Enter');
  await visitor.sees('Call again');
});

// Tabs on, into the frame and through it, until the control of this name has the focus.
async function reaches(visitor, name) {
  const frame = await visitor.frame();
  for (let steps = 0; steps < 20; steps++) {
    const active = await frame.evaluate(() => {
      const element = document.activeElement;
      return document.hasFocus() ? (element?.getAttribute('aria-label') ?? element?.textContent.trim()) : null;
    });
    if (active === name) return;
    await visitor.page.keyboard.press('Tab');
  }
  assert.fail(`the keys do not reach ${name}`);
}

test('what was typed is still there after another conversation', async () => {
  const agent = await world.readyAgent(0);
  const [one, two] = [await world.visitor(), await world.visitor()];
  for (const [visitor, text] of [[one, 'I am the first'], [two, 'I am the second']]) {
    await visitor.opensChat();
    await visitor.says(text);
  }
  await agent.opens('I am the first');
  const message = agent.page.getByRole('textbox', { name: 'Message' });
  await message.fill('half an ans');
  await agent.opens('I am the second');
  await message.and(agent.page.locator(':placeholder-shown')).waitFor();
  await agent.opens('I am the first');
  await message.and(agent.page.locator(':not(:placeholder-shown)')).waitFor();
  assert.equal(await message.inputValue(), 'half an ans');
});

test('a sign-in that ended in another tab leads back to the same page', async () => {
  const admin = await world.staff(world.demo.admin, { tone: TONES.secondAgent });
  await admin.page.goto(`${world.proxy.url}/admin`);
  await admin.countsMore('sockets', 0);
  const tab = await admin.tab();
  world.expects(/401/);
  await tab.page.getByLabel('Your account').click();
  await tab.press('Sign out');
  await admin.page.waitForURL('**/login?next=%2Fadmin');
  await admin.page.getByLabel('Email').fill(world.demo.admin.email);
  await admin.page.getByLabel('Password').fill(world.demo.admin.password);
  await admin.press('Sign in');
  await admin.page.waitForURL('**/admin');
});
