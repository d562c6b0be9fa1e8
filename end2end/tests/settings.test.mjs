// The tenant's settings: what an admin switches there reaches visitors and the team at once.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { signIn } from '../harness/accounts.mjs';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

async function settings() {
  const admin = await world.staff(world.demo.admin, { tone: TONES.secondAgent });
  await admin.page.goto(`${world.proxy.url}/admin`);
  const panel = (name) => admin.page.getByRole('region', { name });
  return { admin, panel };
}

test('the voice switch takes the Call button away and brings it back, live', async () => {
  await world.readyAgent(0);
  const visitor = await world.visitor();
  await visitor.opensChat();
  await visitor.sees('Call');
  const { admin } = await settings();
  const voice = admin.page.getByRole('switch', { name: 'Voice calls' });
  await voice.click();
  await visitor.seesNo('Call');
  await admin.page.getByRole('switch', { name: 'Voice calls', checked: false }).click();
  await visitor.sees('Call');
});

test('the snippet, and origins that come and go', async () => {
  const { admin, panel } = await settings();
  await panel('Install').getByText(world.demo.tenant_key).waitFor();
  const origins = panel('Origins');
  await origins.getByLabel('Add an origin').fill('http://localhost:9');
  await origins.getByRole('button', { name: 'Add', exact: true }).click();
  await origins.getByText('http://localhost:9', { exact: true }).waitFor();

  // The new site has the widget now, and loses it with the origin.
  const site = { origin: 'http://localhost:9' };
  const visitor = await world.visitor({ site });
  await visitor.opensChat();
  await admin.press('Remove http://localhost:9');
  await origins.getByText('http://localhost:9', { exact: true }).waitFor({ state: 'hidden' });
  world.expects(/api\/widget\/config/);
  const late = await world.visitor({ site });
  const answer = late.page.waitForEvent('requestfailed', (request) => request.url().includes('/api/widget/config'));
  await late.page.reload();
  await answer;
  assert.equal(await late.page.getByRole('button', { name: /Open chat/ }).count(), 0);
});

test('somebody joins the team, signs in, and is shut out again', async () => {
  const { admin, panel } = await settings();
  const team = panel('Team');
  await team.getByLabel('Name').fill('Agent Three');
  await team.getByLabel('Email').fill('agent.three@fennel-and-rye.example');
  await team.getByRole('button', { name: 'Add', exact: true }).click();
  await team.getByText('Password for agent.three@fennel-and-rye.example').waitFor();
  const credentials = { email: 'agent.three@fennel-and-rye.example', password: await team.locator('code').innerText() };
  const newcomer = await world.staff(credentials, { tone: TONES.secondAgent });
  await newcomer.sees('Ready');

  // Another role is another sign-in.
  world.expects(/401/);
  await team.getByRole('combobox', { name: 'Role of Agent Three' }).selectOption('manager');
  await admin.press('Save role of Agent Three');
  await newcomer.page.waitForURL('**/login?next=%2Fdashboard');
  await admin.seesNo('Save role of Agent Three');

  await admin.press('Disable Agent Three');
  await admin.sees('Enable Agent Three');
  await assert.rejects(signIn(world.proxy.url, credentials), /401|403/);
});
