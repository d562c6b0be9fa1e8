// What no client of ours says: each gets its typed refusal, and the room lives on.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { lobbyOf, signIn, visitorSession } from '../harness/accounts.mjs';
import { Program } from '../harness/program.mjs';
import { SDP } from '../harness/sdp.mjs';
import { Socket } from '../harness/socket.mjs';

let program;
let base;
let demo;
const sockets = [];
const calls = [];
before(async () => {
  program = await Program.start();
  demo = program.demo;
  base = demo.url.replace(/\/$/, '');
});
// Whoever is still in a call hangs up, so that the next test finds a free agent.
afterEach(async () => {
  for (const { room, call_id } of calls.splice(0)) await room.say('hangup', { call_id });
  sockets.splice(0).forEach((socket) => socket.end());
});
after(() => program.end());

async function open(apikey) {
  const socket = await Socket.open(base, apikey);
  sockets.push(socket);
  return socket;
}

async function visitorInRoom() {
  const session = await visitorSession(base, demo.tenant_key);
  const socket = await open(demo.tenant_key);
  const room = await socket.join(session.topic, session.token);
  assert.equal(room.reply.status, 'ok');
  return { session, socket, room };
}

async function readyAgent(credentials = demo.agents[0]) {
  const { access_token: token } = await signIn(base, credentials);
  const socket = await open('dashboard');
  const lobby = await socket.join(lobbyOf(token), token);
  assert.equal(lobby.reply.status, 'ok');
  await lobby.track({ status: 'ready' });
  return { token, socket, lobby };
}

// A visitor and an agent in an accepted call, on bare sockets.
async function call() {
  const agent = await readyAgent();
  const visitor = await visitorInRoom();
  const call_id = randomUUID();
  await visitor.room.hears('availability', (payload) => payload.agent_status === 'online');
  assert.equal((await visitor.room.say('call_request', { call_id, leg: randomUUID(), media: 'audio' })).status, 'ok');
  agent.room = await agent.socket.join(visitor.session.topic, agent.token);
  assert.equal((await agent.room.say('call_accept', { call_id, leg: randomUUID() })).status, 'ok');
  await visitor.room.hears('ice_servers');
  calls.push({ room: agent.room, call_id });
  return { agent, visitor, call_id };
}

const code = (reply) => [reply.status, reply.response.code];

test('frames that are none', async () => {
  const { socket, room } = await visitorInRoom();
  const nonsense = ['', 'not json', '{}', '[]', '[1,2,3,4,5]', '[null,null,null,null,null]', '["1","2","realtime:x","broadcast"]', '"text"', '[[[[[[[[[['];
  for (const frame of nonsense) socket.raw(frame);
  for (const bytes of [[], [3], [3, 255, 255, 255, 255, 255, 1], [9, 1, 2, 3], [0, 0, 0, 0, 0]]) socket.raw(Buffer.from(bytes));
  await room.works();
});

test('events that do not exist, and those only the server may say', async () => {
  const { socket, room } = await visitorInRoom();
  for (const event of ['no_such_event', 'call_timeout', 'leg_lost', 'call_end', 'call_state', 'refused', 'ice_servers', '']) {
    assert.deepEqual(code(await room.say(event, { call_id: randomUUID(), reason: 'completed' })), ['error', 'bad-event'], event);
  }
  await room.hears('refused', (payload) => payload.code === 'bad-event');
  assert.equal(socket.closed, null);
  await room.works();
});

test('payloads of the wrong shape', async () => {
  const { room } = await visitorInRoom();
  const wrong = [
    ['message', { id: 7, text: 'a number for an id' }],
    ['message', { id: randomUUID() }],
    ['message', { id: randomUUID(), text: ['a', 'list'] }],
    ['message', 'a string'],
    ['message', null],
    ['call_request', { call_id: 'no uuid' }],
    ['call_request', {}],
    ['media', { call_id: randomUUID(), muted: 'yes' }],
    ['leg_state', { call_id: randomUUID(), media: 'sideways' }],
  ];
  for (const [event, payload] of wrong) {
    assert.deepEqual(code(await room.say(event, payload)), ['error', 'bad-event'], `${event} ${JSON.stringify(payload)}`);
  }
  await room.works();
});

test('too much of everything', async () => {
  const { visitor, call_id } = await call();
  const { room, socket } = visitor;
  assert.deepEqual(code(await room.say('message', { id: randomUUID(), text: 'x'.repeat(8 * 1024 + 1) })), ['error', 'too-large']);
  const huge = SDP + 'a=x-padding:1\r\n'.repeat(5000);
  assert.deepEqual(code(await room.say('offer', { call_id, sdp: huge })), ['error', 'too-large']);
  await room.works();

  // A frame over the limit ends that socket and no other.
  socket.raw('x'.repeat(300 * 1024));
  await socket.untilClosed();
  const again = await open(demo.tenant_key);
  const back = await again.join(visitor.session.topic, visitor.session.token);
  await back.works();
});

test('descriptions a call does not need', async () => {
  const { visitor, call_id } = await call();
  const bad = {
    'a data channel': SDP + 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n',
    'a weak fingerprint': SDP.replace(/sha-256 .*/, 'sha-1 AB:CD'),
    'two voices': SDP + 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n',
    'no description': 'hello',
  };
  for (const [what, sdp] of Object.entries(bad)) {
    assert.deepEqual(code(await visitor.room.say('offer', { call_id, sdp })), ['error', 'bad-event'], what);
  }
  assert.equal((await visitor.room.say('offer', { call_id, sdp: SDP })).status, 'ok');
});

test("another call's id, and a call that is over", async () => {
  const { agent, visitor, call_id } = await call();
  assert.deepEqual(code(await visitor.room.say('hangup', { call_id: randomUUID() })), ['error', 'unknown-call']);
  assert.equal((await visitor.room.say('hangup', { call_id })).status, 'ok');
  assert.deepEqual(code(await agent.room.say('hangup', { call_id })), ['error', 'wrong-state']);
  assert.deepEqual(code(await agent.room.say('offer', { call_id, sdp: SDP })), ['error', 'wrong-state']);
  await visitor.room.works();
});

test('nothing that holds an address crosses before Accept', async () => {
  const agent = await readyAgent();
  const visitor = await visitorInRoom();
  const call_id = randomUUID();
  await visitor.room.hears('availability', (payload) => payload.agent_status === 'online');
  await visitor.room.say('call_request', { call_id, leg: randomUUID(), media: 'audio' });
  assert.deepEqual(code(await visitor.room.say('offer', { call_id, sdp: SDP })), ['error', 'wrong-state']);
  await agent.lobby.hears('ringing', (payload) => payload.call_id === call_id);
  assert.equal((await visitor.room.say('call_cancel', { call_id })).status, 'ok');
});

test("a token of another room, of another tenant, of nobody", async () => {
  const one = await visitorInRoom();
  const two = await visitorSession(base, demo.tenant_key);
  const stranger = await signIn(base, demo.other_tenant.agents[0]);
  const socket = await open(demo.tenant_key);
  const staff = await open('dashboard');
  const attempts = [
    [socket, two.token],
    [staff, stranger.access_token],
    [socket, 'nonsense'],
    [socket, two.token.slice(0, -4) + 'AAAA'],
  ];
  for (const [from, token] of attempts) {
    const room = await from.join(one.session.topic, token);
    assert.equal(room.reply.status, 'error');
    assert.match(room.reply.response.reason, /^\w+: /);
    for (const event of ['message', 'call_request', 'call_accept', 'hangup', 'offer', 'typing']) {
      from.raw(JSON.stringify([room.joinRef, null, room.topic, 'broadcast', { type: 'broadcast', event, payload: { id: randomUUID(), text: 'intruder', call_id: randomUUID(), sdp: SDP } }]));
    }
  }
  await one.room.works();
  const heard = JSON.stringify(one.socket.frames);
  assert.ok(!heard.includes('intruder'), 'nothing of it reached the room');
  const lobby = await staff.join(lobbyOf((await signIn(base, demo.agents[0])).access_token), stranger.access_token);
  assert.equal(lobby.reply.status, 'error', "another tenant's lobby");
});

test('a tenant without voice is refused a call', async () => {
  const session = await visitorSession(base, demo.free_tenant.tenant_key);
  const socket = await open(demo.free_tenant.tenant_key);
  const room = await socket.join(session.topic, session.token);
  assert.deepEqual(code(await room.say('call_request', { call_id: randomUUID(), media: 'audio' })), ['error', 'voice-not-enabled']);
  await room.works();
});
