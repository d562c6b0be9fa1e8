// Who may embed the widget, and what it may rely on there.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { AXE, isAccessible } from '../harness/axe.mjs';
import { TONES, World } from '../harness/world.mjs';

let world;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

test('a third origin is refused the widget', async () => {
  world.expects(/api\/widget\/config/, /violates .* "frame-ancestors /);
  const context = await world.context({ tone: TONES.visitor });
  const url = await world.hostPage(context, { origin: 'http://localhost:9' });
  const page = await context.newPage();
  const answers = [];
  page.on('response', (response) => response.url().includes('/api/widget/config') && answers.push(response.status()));
  page.on('requestfailed', (request) => request.url().includes('/api/widget/config') && answers.push(request.failure().errorText));
  await page.goto(url, { waitUntil: 'networkidle' });
  assert.equal(await page.getByRole('button', { name: /Open chat/ }).count(), 0, 'no launcher');
  assert.notEqual(answers[0], 200);

  // Somebody who leaves the loader out and frames the page gets nothing either.
  await page.evaluate((src) => {
    const frame = document.createElement('iframe');
    frame.src = src;
    document.body.append(frame);
    return new Promise((resolve) => (frame.onload = resolve));
  }, `${world.proxy.url}/widget/${world.demo.tenant_key}`);
  const framed = page.frames().find((frame) => frame !== page.mainFrame());
  assert.equal(await framed.getByRole('textbox', { name: 'Message' }).count(), 0, 'the frame stays empty');
});

test('before the first act nothing is stored and one request is made; after it the frame itself stores nothing', async () => {
  const context = await world.context({ tone: TONES.visitor });
  const page = await context.newPage();
  const requests = [];
  page.on('request', (request) => request.url().startsWith(world.proxy.url) && requests.push(new URL(request.url()).pathname));
  await page.goto(world.demo.demo_url, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: /Open chat/ }).waitFor();
  assert.deepEqual(requests.filter((path) => path !== '/embed.js'), ['/api/widget/config']);
  const state = await context.storageState();
  assert.deepEqual(state, { cookies: [], origins: [] });

  await page.getByRole('button', { name: /Open chat/ }).click();
  const frame = page.frameLocator('iframe[src*="/widget/"]');
  await frame.getByRole('textbox', { name: 'Message' }).fill('Hello');
  await frame.getByRole('button', { name: 'Send' }).click();
  await frame.getByText('Hello').first().waitFor();
  const inFrame = await page.frames()[1].evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
  assert.deepEqual(inFrame, [0, 0, '']);
});

test('the call works where the frame has no storage', async () => {
  const agent = await world.readyAgent(0);
  const visitor = await world.visitor({ browser: { storage: 'blocked' } });
  await visitor.opensChat();
  const frame = await visitor.frame();
  const storage = await frame.evaluate(() => {
    try {
      localStorage.setItem('a', 'b');
      return 'there';
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(storage, 'SecurityError');
  await visitor.calls();
  await agent.rings();
  await agent.accept();
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
  await visitor.page.reload();
  await visitor.page.getByRole('button', { name: 'Return to your call' }).click();
  await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
});

test('a path that leads nowhere is a page for people and a problem for programs', async () => {
  const context = await world.context({ tone: TONES.visitor });
  await context.addInitScript(AXE.script);
  const page = await context.newPage();
  world.expects(/404/);
  await page.goto(`${world.proxy.url}/dashbord`);
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  await isAccessible(page, 'nothing here');
  const answer = await fetch(`${world.proxy.url}/dashbord`);
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [404, 'application/problem+json']);
});
