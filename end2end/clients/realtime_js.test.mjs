// Supabase's own Realtime client, as npm gives it: it joins, tracks presence, broadcasts, and carries a call.
import { RealtimeClient } from '@supabase/realtime-js';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { lobbyOf, signIn, visitorSession } from '../harness/accounts.mjs';
import { Program } from '../harness/program.mjs';
import { SDP } from '../harness/sdp.mjs';

let program;
let base;
const clients = [];
before(async () => {
  program = await Program.start();
  base = program.demo.url.replace(/\/$/, '');
});
after(async () => {
  await Promise.all(clients.map((client) => client.disconnect()));
  await program.end();
});

// The token is given before the first join, as Supabase's guide says for private channels.
async function client(apikey, token) {
  const made = new RealtimeClient(`${base.replace('http', 'ws')}/realtime/v1`, {
    params: { apikey },
    transport: WebSocket,
    accessToken: async () => token,
  });
  clients.push(made);
  await made.setAuth();
  return made;
}

// A channel that is joined, with everything it was told.
async function channel(made, topic) {
  const joined = made.channel(topic, { config: { broadcast: { ack: true, self: true }, presence: { key: '', enabled: true }, private: true } });
  const heard = [];
  const waiting = new Set();
  const look = () => waiting.forEach((wait) => wait());
  joined.on('broadcast', { event: '*' }, (message) => {
    heard.push(message);
    look();
  });
  joined.on('presence', { event: 'sync' }, look);
  await new Promise((resolve, reject) =>
    joined.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve() : reject(error ?? new Error(status)))),
  );
  const until = (what, find) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} never came; heard ${heard.map((one) => one.event)}`)), 10_000);
      const wait = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(wait);
        resolve(found);
      };
      waiting.add(wait);
      wait();
    });
  return {
    joined,
    heard,
    hears: (event, fits = () => true) => until(event, () => heard.find((one) => one.event === event && fits(one.payload))),
    sees: (what, fits) => until(what, () => (fits(joined.presenceState()) ? true : undefined)),
    says: (event, payload) => joined.send({ type: 'broadcast', event, payload }),
  };
}

async function room() {
  const visitor = await visitorSession(base, program.demo.tenant_key);
  const staff = await signIn(base, program.demo.agents[0]);
  return { visitor, staff };
}

test('it joins a room, tracks presence and broadcasts with and without ack', async () => {
  const { visitor, staff } = await room();
  const one = await channel(await client(program.demo.tenant_key, visitor.token), visitor.topic);
  const two = await channel(await client('dashboard', staff.access_token), visitor.topic);

  assert.equal(await one.joined.track({ typing: false }), 'ok');
  await two.sees('the visitor', (state) => Object.values(state).flat().length > 0);

  const id = randomUUID();
  assert.equal(await one.says('message', { id, text: 'hello' }), 'ok');
  const message = await two.hears('message', (payload) => payload.id === id);
  assert.equal(message.payload.text, 'hello');
  assert.equal(message.payload.from.role, 'visitor');
  assert.equal(typeof message.meta.seq, 'number');
  await one.hears('message', (payload) => payload.id === id);

  const quiet = (await client(program.demo.tenant_key, visitor.token)).channel(visitor.topic, { config: { broadcast: { ack: false }, private: true } });
  await new Promise((resolve) => quiet.subscribe((status) => status === 'SUBSCRIBED' && resolve()));
  const second = randomUUID();
  assert.equal(await quiet.send({ type: 'broadcast', event: 'message', payload: { id: second, text: 'again' } }), 'ok');
  await two.hears('message', (payload) => payload.id === second);

  assert.equal(await one.says('no_such_event', {}), 'error');
  const refused = await one.hears('refused');
  assert.equal(refused.payload.code, 'bad-event');
});

test('it carries a whole call', async () => {
  const { visitor, staff } = await room();
  const agents = await client('dashboard', staff.access_token);
  const lobby = await channel(agents, lobbyOf(staff.access_token));
  await lobby.joined.track({ status: 'ready' });
  await lobby.sees('a ready agent', (state) => Object.values(state).flat().some((one) => one.status === 'ready'));

  const caller = await channel(await client(program.demo.tenant_key, visitor.token), visitor.topic);
  const call_id = randomUUID();
  const [mine, theirs] = [randomUUID(), randomUUID()];
  assert.equal(await caller.says('call_request', { call_id, leg: mine, media: 'audio' }), 'ok');
  await lobby.hears('ringing', (payload) => payload.call_id === call_id);

  const agent = await channel(agents, visitor.topic);
  assert.equal(await agent.says('call_accept', { call_id, leg: theirs }), 'ok');
  await Promise.all([caller.hears('call_accept'), agent.hears('call_accept')]);
  await Promise.all([caller.hears('ice_servers'), agent.hears('ice_servers')]);

  assert.equal(await agent.says('offer', { call_id, sdp: SDP }), 'ok');
  const offer = await caller.hears('offer');
  assert.deepEqual([offer.payload.sdp, offer.payload.from], [SDP, theirs]);
  assert.equal(await caller.says('answer', { call_id, sdp: SDP.replace('actpass', 'active') }), 'ok');
  await agent.hears('answer');
  const candidate = { candidate: 'candidate:1 1 udp 2122260223 127.0.0.1 40000 typ host', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' };
  assert.equal(await caller.says('candidate', { call_id, ...candidate }), 'ok');
  const came = await agent.hears('candidate');
  assert.equal(came.payload.candidate, candidate.candidate);

  for (const side of [caller, agent]) assert.equal(await side.says('leg_state', { call_id, media: 'up', path: 'host' }), 'ok');
  await agent.says('media', { call_id, muted: false, held: true, video: false });
  await caller.hears('media', (payload) => payload.held === true);
  assert.equal(await caller.says('hangup', { call_id }), 'ok');
  await agent.hears('hangup');
  assert.equal(await caller.says('hangup', { call_id }), 'error', 'it is over');
});
