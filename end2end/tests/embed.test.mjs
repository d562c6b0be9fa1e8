// The loader's commands on a customer's page.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

const launchers = (visitor) => visitor.page.getByRole('button', { name: /^Open chat/ });
const tincan = (visitor, ...command) => visitor.page.evaluate((command) => window.Tincan(...command), command);

test('commands that came before the loader are carried out in order', async () => {
  const stub = () => {
    window.heard = [];
    window.Tincan = (...args) => (window.Tincan.q ||= []).push(args);
    window.Tincan('on', 'open', () => window.heard.push('open'));
    window.Tincan('open');
  };
  const visitor = await world.visitor({ stub: { script: `if (window === top) (${stub})()` } });
  await visitor.root.getByRole('textbox', { name: 'Message' }).waitFor();
  assert.deepEqual(await visitor.page.evaluate(() => window.heard), ['open']);
});

test('a second script tag, and a boot amid a shutdown, leave one launcher', async () => {
  const visitor = await world.visitor();
  await launchers(visitor).waitFor();
  const key = world.demo.tenant_key;
  await visitor.page.evaluate(
    ([src, key]) =>
      new Promise((resolve) => {
        const tag = document.createElement('script');
        Object.assign(tag, { src, onload: resolve });
        tag.dataset.tenant = key;
        document.body.append(tag);
      }),
    [`${world.proxy.url}/embed.js`, key],
  );
  assert.equal(await launchers(visitor).count(), 1);
  const answers = [];
  visitor.page.on('response', (response) => response.url().includes('/api/widget/config') && answers.push(response.finished()));
  await visitor.page.evaluate((key) => {
    for (let times = 0; times < 3; times++) {
      window.Tincan('shutdown');
      window.Tincan('boot', { key });
    }
  }, key);
  await visitor.page.waitForResponse((response) => response.url().includes('/api/widget/config') && answers.length === 3);
  await Promise.all(answers);
  await launchers(visitor).waitFor();
  assert.equal(await launchers(visitor).count(), 1);
});

test('shutdown in a call hangs up and forgets the visitor', async () => {
  const { agent, visitor } = await world.call();
  assert.notDeepEqual(await kept(visitor), [0, 0]);
  await tincan(visitor, 'shutdown');
  await agent.reads('Call ended by the visitor');
  assert.deepEqual(await kept(visitor), [0, 0]);
  assert.equal(await launchers(visitor).count(), 0);
  // The old frame stays a moment to hang up.
  await visitor.page.locator('iframe').waitFor({ state: 'detached' });
  await tincan(visitor, 'boot');
  await visitor.opensChat();
  await visitor.finds('Write to us, and somebody answers here.');
});

const kept = (visitor) => visitor.page.evaluate(() => [localStorage.length, sessionStorage.length]);

test('the page is told of a call, and can hang up', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor();
  await launchers(visitor).waitFor();
  await visitor.page.evaluate(() => {
    window.heard = [];
    for (const name of ['call:ringing', 'call:connected', 'call:ended']) window.Tincan('on', name, (detail) => window.heard.push([name, detail.reason]));
  });
  await visitor.opensChat();
  await visitor.calls();
  await agent.rings();
  await agent.accept();
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
  await tincan(visitor, 'hangup');
  await agent.reads('Call ended by the visitor');
  await visitor.sees('Call again');
  assert.deepEqual(await visitor.page.evaluate(() => window.heard), [['call:ringing', undefined], ['call:connected', undefined], ['call:ended', 'completed']]);
});
