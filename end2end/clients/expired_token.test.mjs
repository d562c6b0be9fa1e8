// A token that ends in the middle of a call: that socket is told and put out, the call waits for it to come back.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { lobbyOf, signIn, visitorSession } from '../harness/accounts.mjs';
import { Program } from '../harness/program.mjs';
import { Socket } from '../harness/socket.mjs';

let program;
before(async () => (program = await Program.start({ environment: { TINCAN__AUTH__ACCESS_TTL_S: '3' } })));
after(() => program.end());

test('a token ends in mid-call', async () => {
  const { demo } = program;
  const base = demo.url.replace(/\/$/, '');
  const signedIn = await signIn(base, demo.agents[0]);
  const staff = await Socket.open(base, 'dashboard');
  const lobby = await staff.join(lobbyOf(signedIn.access_token), signedIn.access_token);
  await lobby.track({ status: 'ready' });

  const session = await visitorSession(base, demo.tenant_key);
  const visitor = await Socket.open(base, demo.tenant_key);
  const room = await visitor.join(session.topic, session.token);
  await room.hears('availability', (payload) => payload.agent_status === 'online');
  const call_id = randomUUID();
  const leg = randomUUID();
  assert.equal((await room.say('call_request', { call_id, leg, media: 'audio' })).status, 'ok');
  const agentRoom = await staff.join(session.topic, signedIn.access_token);
  await agentRoom.say('call_accept', { call_id, leg: randomUUID() });

  // Renewed in time: nothing happens to the agent.
  const fresh = await signIn(base, demo.agents[0]);
  for (const joined of [lobby, agentRoom]) {
    staff.raw(JSON.stringify([joined.joinRef, null, joined.topic, 'access_token', { access_token: fresh.access_token }]));
  }

  const told = await visitor.until(([, , topic, event]) => topic === room.topic && event === 'system');
  assert.equal(told[4].status, 'error');
  assert.match(JSON.stringify(told[4]), /unauthorized/);
  await visitor.until(([, , topic, event]) => topic === room.topic && event === 'phx_close');

  // By `resume` the visitor gets a new token and is back in the same call with the same leg.
  const again = await visitorSession(base, demo.tenant_key, session.resume);
  assert.equal(again.session_id, session.session_id);
  const socket = await Socket.open(base, demo.tenant_key);
  const back = await socket.join(again.topic, again.token);
  const state = await back.hears('call_state');
  assert.match(JSON.stringify(state.payload), new RegExp(call_id));
  assert.equal((await back.say('leg_join', { call_id, leg })).status, 'ok');
  [staff, visitor, socket].forEach((one) => one.end());
});
