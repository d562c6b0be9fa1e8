// Each reason for having no microphone has its own words and its own way out.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { TONES, World } from '../harness/world.mjs';

let world;
let agent;
before(async () => (world = await World.start()));
afterEach(() => world.everybodyLeaves());
after(() => world.end());

// A visitor who pressed Call while an agent was ready.
async function presses(options) {
  agent = await world.readyAgent(0);
  const visitor = await world.visitor(options);
  await visitor.opensChat();
  await visitor.press('Call');
  return visitor;
}

test('the test of the microphone hears the visitor, and can be skipped or not', async () => {
  const visitor = await presses();
  await visitor.reads('We can hear you');
  await visitor.root.getByRole('combobox', { name: 'Microphone' }).waitFor();
  await visitor.press('Start call');
  await agent.rings();
});

test('blocked by the visitor', async () => {
  const visitor = await presses({ browser: { microphone: 'denied' } });
  await visitor.finds('The microphone is blocked for this site.');
});

test('no microphone there', async () => {
  const visitor = await presses({ browser: { microphone: 'none' } });
  await visitor.finds('No microphone found.');
});

test("forbidden by the customer's page", async () => {
  world.expects(/Permissions policy violation: microphone/);
  const visitor = await presses({ site: { headers: { 'permissions-policy': 'microphone=()' } } });
  await visitor.finds('This page does not allow calls.');
});

test('not given to the frame: the customer made it without `allow`', async () => {
  world.expects(/Permissions policy violation: microphone/);
  const visitor = await presses({ stub: { script: withoutAllow } });
  const frame = visitor.page.locator('iframe[src*="/widget/"]');
  assert.equal(await frame.getAttribute('allow'), null);
  await visitor.finds('This page does not allow calls.');
});

test('in use by another program', async () => {
  const visitor = await presses({ stub: stubMicrophone('NotReadableError') });
  await visitor.finds('Another app is using the microphone.');
});

test('a device that does not fit is replaced by the default one without a word', async () => {
  const visitor = await presses({ stub: stubMicrophone('OverconstrainedError', 'once') });
  await visitor.press('Skip test');
  await agent.rings();
  await agent.accept();
  await agent.hears(TONES.visitor);
});

// The two failures that no flag of a browser makes: the first request, or each, fails with this error.
function stubMicrophone(name, times = 'always') {
  return { script: installStub, argument: { name, times } };
}

// A page, or an extension in it, that lets no script give rights to frames.
function withoutAllow() {
  Object.defineProperty(HTMLIFrameElement.prototype, 'allow', { set() {}, get: () => '' });
}

function installStub({ name, times }) {
  const real = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (!real) return;
  let failed = false;
  navigator.mediaDevices.getUserMedia = (constraints) => {
    if (failed && times === 'once') return real(constraints);
    failed = true;
    const error = name === 'OverconstrainedError' ? new OverconstrainedError('deviceId', 'no such device') : new DOMException('in use', name);
    return Promise.reject(error);
  };
}
