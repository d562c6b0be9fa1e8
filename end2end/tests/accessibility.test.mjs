// axe-core on every main state of the three faces, light and dark: no fault is too small.
import { after, afterEach, before, test } from 'node:test';
import { AXE, isAccessible } from '../harness/axe.mjs';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

for (const colorScheme of ['light', 'dark']) {
  const options = { context: { colorScheme }, stub: AXE };
  const looked = (what) => `${what}, ${colorScheme}`;

  test(looked('sign-in'), async () => {
    const context = await world.context({ tone: TONES.firstAgent }, { colorScheme });
    await context.addInitScript(AXE.script);
    const page = await context.newPage();
    await page.goto(`${world.proxy.url}/login`);
    await isAccessible(page, 'sign-in');
    await page.getByLabel('Email').fill('nobody@fennel-and-rye.example');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await isAccessible(page, 'sign-in, refused');
  });

  test(looked('settings'), async () => {
    const admin = await world.staff(world.demo.admin, { tone: TONES.secondAgent }, options);
    await admin.page.goto(`${world.proxy.url}/admin`);
    const origins = admin.page.getByRole('region', { name: 'Origins' });
    await origins.getByRole('listitem').first().waitFor();
    await isAccessible(admin.page, 'settings');
    world.expects(/400/);
    await origins.getByLabel('Add an origin').fill('no origin at all');
    await origins.getByRole('button', { name: 'Add', exact: true }).click();
    await origins.getByRole('alert').waitFor();
    await admin.press('Reset password of Agent Two');
    await admin.finds('Pass it on now');
    await isAccessible(admin.page, 'settings with a refusal and a password');
  });

  test(looked('widget and dashboard, from nothing to the end of a call'), async () => {
    const agent = await world.agent(0, options);
    await agent.finds('The line is quiet');
    await isAccessible(agent.page, 'dashboard, empty');
    const visitor = await world.visitor(options);
    await visitor.page.getByRole('button', { name: 'Open chat' }).waitFor();
    await isAccessible(visitor.page, 'launcher', 'tincan-widget');
    await visitor.opensChat();
    const widget = await visitor.frame();
    await visitor.press('Call');
    await visitor.finds(/Nobody can answer/);
    await isAccessible(widget, 'widget, nobody there');

    await agent.becomesReady();
    await visitor.finds('Online, write or call');
    await visitor.says('Hello');
    await agent.opens('Hello');
    await agent.says('Hello to you');
    await visitor.finds('Hello to you');
    await isAccessible(widget, 'widget, a conversation');
    await isAccessible(agent.page, 'dashboard, a conversation');

    await visitor.press('Call');
    await visitor.reads('We can hear you');
    await isAccessible(widget, 'widget, microphone test');
    await visitor.press('Start call');
    await agent.rings();
    await isAccessible(widget, 'widget, ringing');
    await isAccessible(agent.page, 'dashboard, ringing');
    await agent.page.keyboard.press('Escape');
    await agent.stopsRinging();
    await isAccessible(agent.page, 'dashboard, ringing with the dialog put away');
    await agent.page.getByRole('button', { name: /Open to answer/ }).click();
    await agent.accept();
    await visitor.connected();
    await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
    await isAccessible(widget, 'widget, in a call');
    await isAccessible(agent.page, 'dashboard, in a call');
    await visitor.press('Mute microphone');
    await agent.press('Hold');
    await visitor.reads(/hold/i);
    await isAccessible(widget, 'widget, on hold');
    await isAccessible(agent.page, 'dashboard, on hold');
    await visitor.press('Chat');
    await isAccessible(widget, 'widget, the chat before the call');

    const tab = await world.tabOf(visitor);
    await tab.page.getByRole('button', { name: /^Open chat/ }).click();
    await tab.finds('Call in your other tab');
    await isAccessible(await tab.frame(), 'widget, a second tab');
    await tab.page.close();
    await agent.press('Hang up');
    await visitor.sees('Call again');
    await isAccessible(widget, 'widget, the end');
    await isAccessible(agent.page, 'dashboard, the end');
  });

  test(looked('an agent calls, and a microphone is blocked'), async () => {
    const agent = await world.readyAgent(0, options);
    const visitor = await world.visitor({ ...options, browser: { microphone: 'denied' } });
    await visitor.opensChat();
    await visitor.says('Please call me');
    await agent.opens('Please call me');
    await agent.press('Call visitor');
    await visitor.rings();
    await isAccessible(await visitor.frame(), 'widget, an agent calls');
    await isAccessible(agent.page, 'dashboard, calling');
    await visitor.accept();
    await visitor.finds('The microphone is blocked for this site.');
    await isAccessible(await visitor.frame(), 'widget, microphone blocked');
  });
}
