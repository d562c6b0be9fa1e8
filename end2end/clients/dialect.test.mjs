// The corners of the dialect that no one client shows: what the server answers, frame by frame.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import WebSocket from 'ws';
import { visitorSession } from '../harness/accounts.mjs';
import { Program } from '../harness/program.mjs';
import { Socket } from '../harness/socket.mjs';

let program;
let base;
let key;
const sockets = [];
before(async () => {
  program = await Program.start();
  base = program.demo.url.replace(/\/$/, '');
  key = program.demo.tenant_key;
});
afterEach(() => sockets.splice(0).forEach((socket) => socket.end()));
after(() => program.end());

async function open(query = key) {
  const socket = await Socket.open(base, query);
  sockets.push(socket);
  return socket;
}

async function conversation() {
  const session = await visitorSession(base, key);
  const socket = await open();
  return { session, socket, topic: `realtime:${session.topic}` };
}

const send = (socket, ...frame) => socket.raw(JSON.stringify(frame));
const reply = (socket, ref) => socket.until(([, answers, , event]) => answers === ref && event === 'phx_reply');
const say = (text) => ({ type: 'broadcast', event: 'message', payload: { id: randomUUID(), text } });
const texts = (socket) =>
  socket.frames.filter(([, , , , body]) => body.event === 'message').map(([, , , , body]) => body.payload.text);

// Everything that was on its way has come when a heartbeat is answered.
async function settled(socket) {
  const ref = randomUUID();
  send(socket, null, ref, 'phoenix', 'heartbeat', {});
  await reply(socket, ref);
}

test('a join in the place of another: the first gets nothing, and its leave changes nothing', async () => {
  const { session, socket, topic } = await conversation();
  for (const ref of ['1', '2']) {
    send(socket, ref, ref, topic, 'phx_join', { config: { broadcast: { ack: true, self: true } }, access_token: session.token });
    assert.equal((await reply(socket, ref))[4].status, 'ok');
  }
  send(socket, '1', '3', topic, 'phx_leave', {});
  assert.deepEqual((await reply(socket, '3'))[4], { status: 'ok', response: {} });
  send(socket, '2', '4', topic, 'broadcast', say('once'));
  assert.equal((await reply(socket, '4'))[4].status, 'ok');
  assert.deepEqual(texts(socket), ['once']);
  assert.ok(!socket.frames.some(([, , , event]) => event === 'phx_close' || event === 'phx_error'));

  // A later join that is refused ends the earlier one too.
  send(socket, '5', '5', topic, 'phx_join', { access_token: 'nonsense' });
  assert.match((await reply(socket, '5'))[4].response.reason, /^InvalidJWTToken: /);
  send(socket, '5', '6', topic, 'broadcast', say('not joined'));
  assert.equal((await reply(socket, '6'))[4].response.code, 'forbidden');
  assert.ok(!socket.frames.some(([, , , event]) => event === 'phx_close'));
});

test('a join whose ref is not its join_ref, and a leave without one', async () => {
  const { session, socket, topic } = await conversation();
  send(socket, 'join', 'ref', topic, 'phx_join', { access_token: session.token });
  assert.deepEqual((await reply(socket, 'ref')).slice(0, 2), ['join', 'ref']);
  send(socket, null, 'token', topic, 'access_token', { access_token: session.token });
  send(socket, null, 'leave', topic, 'phx_leave', {});
  assert.deepEqual((await reply(socket, 'leave')).slice(0, 2), ['join', 'leave']);
  const close = await socket.until(([, , , event]) => event === 'phx_close');
  assert.deepEqual(close.slice(0, 2), ['join', 'join']);
});

test('a join again under a fresh name leaves no ghost', async () => {
  const { session, socket, topic } = await conversation();
  for (const ref of ['1', '2']) {
    send(socket, ref, ref, topic, 'phx_join', { config: { presence: { enabled: true } }, access_token: session.token });
    send(socket, ref, `track ${ref}`, topic, 'presence', { type: 'presence', event: 'track', payload: { ref } });
    assert.equal((await reply(socket, `track ${ref}`))[4].status, 'ok');
  }
  const witness = await open();
  const room = await witness.join(session.topic, session.token, { presence: { key: 'witness', enabled: true } });
  const state = (await witness.until(([, , , event]) => event === 'presence_state'))[4];
  assert.deepEqual(Object.values(state).map(({ metas }) => metas.map((meta) => meta.ref)), [['2']]);
  assert.equal(room.reply.status, 'ok');
});

test('whatever a join leaves out or writes otherwise', async () => {
  const { session, socket, topic } = await conversation();
  const joins = [
    {},
    { config: null },
    { config: {} },
    { config: { broadcast: null, presence: null, postgres_changes: null, private: null } },
    { config: { private: false, postgres_changes: [], anything: { else: 1 } }, version: 'realtime-js/2' },
    { config: { broadcast: { ack: 'true', self: 'false' }, presence: { key: '', enabled: 'false' }, private: 'true' } },
    { config: { broadcast: { replay: { limit: 5, foo: 'x' } } } },
  ];
  for (const [index, join] of joins.entries()) {
    send(socket, `${index}`, `${index}`, topic, 'phx_join', { ...join, access_token: session.token });
    const [, , , , body] = await reply(socket, `${index}`);
    assert.equal(body.status, 'ok', JSON.stringify(join));
    assert.deepEqual(body.response.postgres_changes, []);
  }
  send(socket, '5', 'acked', topic, 'phx_join', { ...joins[5], access_token: session.token });
  send(socket, '5', 'text', topic, 'broadcast', say('booleans as strings'));
  assert.equal((await reply(socket, 'text'))[4].status, 'ok');
  assert.deepEqual(texts(socket), [], 'self was "false"');
  send(socket, 'x', 'x', topic, 'phx_join', { config: { postgres_changes: [{ event: '*' }] }, access_token: session.token });
  assert.match((await reply(socket, 'x'))[4].response.reason, /^InvalidJoinPayload: .*database/);
});

test('ack and self, each way', async () => {
  const { session, socket, topic } = await conversation();
  for (const ack of [false, true]) {
    for (const self of [false, true]) {
      const ref = `${ack} ${self}`;
      send(socket, ref, ref, topic, 'phx_join', { config: { broadcast: { ack, self } }, access_token: session.token });
      send(socket, ref, `push ${ref}`, topic, 'broadcast', say(ref));
      await settled(socket);
      assert.equal(socket.frames.some(([, answers]) => answers === `push ${ref}`), ack, `ack ${ack}`);
      assert.equal(texts(socket).includes(ref), self, `self ${self}`);
    }
  }
});

test('every way to go on where one was', async () => {
  const { session, socket, topic } = await conversation();
  send(socket, '1', '1', topic, 'phx_join', { config: { broadcast: { ack: true, self: true } }, access_token: session.token });
  const { epoch } = (await reply(socket, '1'))[4].response;
  for (const text of ['a', 'b', 'c', 'd']) {
    send(socket, '1', text, topic, 'broadcast', say(text));
    await reply(socket, text);
  }
  const metas = socket.frames.filter(([, , , , body]) => body.event === 'message').map(([, , , , body]) => body.meta);
  assert.deepEqual(metas.map(({ seq, prev }) => [seq, prev]), [[1, 0], [2, 1], [3, 2], [4, 3]]);
  const ways = [
    [{ after_seq: 2 }, 'cd', false],
    [{ after_seq: 2, epoch }, 'cd', false],
    [{ after_seq: 0 }, 'abcd', false],
    [{ after_seq: 4 }, '', false],
    [{ after_id: metas[0].id }, 'bcd', false],
    [{ since: 0 }, 'abcd', false],
    [{ since: 0, limit: 2 }, 'cd', false],
    [{ since: Date.now() + 60_000 }, '', false],
    [{}, '', false],
    [{ after_seq: 2, epoch: randomUUID() }, '', true],
    [{ after_seq: 40 }, '', true],
    [{ after_id: randomUUID() }, '', true],
  ];
  for (const [replay, expected, gap] of ways) {
    const again = await open();
    const room = await again.join(session.topic, session.token, { broadcast: { ack: true, replay } });
    assert.equal(room.reply.response.gap, gap, JSON.stringify(replay));
    await settled(again);
    assert.equal(texts(again).join(''), expected, JSON.stringify(replay));
    const replayed = again.frames.filter(([, , , , body]) => body.event === 'message').map(([, , , , body]) => body.meta);
    assert.deepEqual(replayed, metas.slice(4 - expected.length).map((meta) => ({ ...meta, replayed: true })));
    const events = again.frames.filter(([, , at]) => at === topic).map(([, , , event, body]) => body.event ?? event);
    assert.deepEqual(events.slice(0, 2 + expected.length), ['phx_reply', ...[...expected].map(() => 'message'), 'call_state'], 'the order');
  }
});

test('before its token a join hears nothing, and without one it ends', async () => {
  const { session, topic } = await conversation();
  const speaker = await open();
  const room = await speaker.join(session.topic, session.token);
  const early = await open();
  send(early, '1', '1', topic, 'phx_join', { config: { broadcast: { ack: true, self: true }, presence: { enabled: true } } });
  assert.deepEqual((await reply(early, '1'))[4], { status: 'ok', response: { postgres_changes: [] } });
  send(early, '1', '2', topic, 'broadcast', say('held'));
  assert.equal((await room.say('message', say('not for you').payload)).status, 'ok');
  await settled(early);
  assert.equal(early.frames.filter(([, , at]) => at === topic).length, 1, 'nothing but the answer');

  const asked = await early.until(([, , , event]) => event === 'phx_error');
  assert.deepEqual([asked[0], asked[1]], ['1', '1']);
  const over = await early.until(([, , , event]) => event === 'system');
  assert.deepEqual([over[4].status, over[4].message], ['error', 'unauthorized']);
  assert.deepEqual((await reply(early, '2'))[4].response.code, 'forbidden', 'what was held is refused');
  const closed = await early.until(([, , , event]) => event === 'phx_close');
  assert.equal(closed[1], '1');
  assert.deepEqual([texts(early), texts(speaker)], [[], ['not for you']]);
  send(early, '3', '3', topic, 'phx_join', {});
  assert.match((await reply(early, '3'))[4].response.reason, /^Unauthorized: No access token came/);
});

test('1.0.0: every frame has all five names', async () => {
  const session = await visitorSession(base, key);
  const ws = new WebSocket(`${base.replace('http', 'ws')}/socket/websocket?apikey=${key}`);
  sockets.push({ end: () => ws.terminate() });
  const frames = [];
  ws.on('message', (data) => frames.push(JSON.parse(data.toString())));
  await once(ws, 'open');
  const push = (frame) => ws.send(JSON.stringify(frame));
  const until = async (fits) => {
    while (!frames.some(fits)) await once(ws, 'message');
    return frames.find(fits);
  };
  const topic = `realtime:${session.topic}`;
  push({ topic, event: 'phx_join', payload: { config: { broadcast: { ack: true, self: true }, presence: { enabled: true } }, access_token: session.token }, ref: '1' });
  push({ topic, event: 'presence', payload: { event: 'track', payload: { a: 1 } }, ref: '2', join_ref: '1' });
  push({ topic, event: 'broadcast', payload: { ...say('hello') }, ref: '3', join_ref: '1' });
  push({ topic, event: 'broadcast', payload: { type: 'broadcast', event: 'shout' }, ref: '4', join_ref: '1' });
  push({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: null, join_ref: null });
  push({ topic, event: 'phx_leave', payload: {}, ref: '5', join_ref: null });
  const close = await until((frame) => frame.event === 'phx_close');
  assert.deepEqual([close.ref, close.join_ref], ['1', '1']);
  for (const frame of frames) {
    assert.deepEqual(Object.keys(frame).sort(), ['event', 'join_ref', 'payload', 'ref', 'topic']);
    assert.ok(frame.payload && typeof frame.payload === 'object');
  }
  const events = frames.map((frame) => frame.payload.event ?? frame.event);
  assert.deepEqual(events, ['phx_reply', 'call_state', 'availability', 'presence_state', 'presence_diff', 'phx_reply', 'message', 'phx_reply', 'refused', 'phx_reply', 'phx_reply', 'phx_reply', 'phx_close']);
});

test('binary frames that cannot be taken are refused, and the socket lives', async () => {
  const { session, socket, topic } = await conversation();
  const room = await socket.join(session.topic, session.token);
  const bytes = (text) => Buffer.from(text);
  const frame = (kind, encoding, event, payload) => {
    const fields = [bytes(room.joinRef), bytes('7'), bytes(topic), event, bytes('')];
    return Buffer.concat([Buffer.from([kind, ...fields.map((field) => field.length), encoding]), ...fields, payload]);
  };
  const bad = [
    // As realtime-js before 2.110 writes names outside of ASCII: a byte for each UTF-16 unit.
    frame(3, 1, Buffer.from([0xe9, 0x76]), bytes('{}')),
    frame(3, 0, bytes('message'), Buffer.from([0, 1, 2])),
    frame(3, 1, bytes('message'), bytes('no json')),
    frame(3, 1, bytes('message'), Buffer.from([0xff, 0xfe])),
    Buffer.concat([Buffer.from([0, 1, 1, topic.length, 9]), bytes('17'), bytes(topic), bytes('broadcast'), Buffer.from([1])]),
    Buffer.from([4, 1, 1, 1, 1]),
  ];
  for (const [index, one] of bad.entries()) {
    socket.raw(one);
    await settled(socket);
    const refused = socket.frames.filter(([, , , , body]) => body.event === 'refused');
    assert.equal(refused.length, index + 1, `frame ${index}`);
    assert.equal(refused.at(-1)[4].payload.code, 'bad-event');
  }
  const own = socket.frames.filter(([, , at, , body]) => at === topic && body.event === 'refused');
  assert.ok(own.length >= 4 && own.every(([, , , , body]) => body.payload.ref === '7'), 'whose it was is said where it could be read');
  await room.works();
});

test('a push on a topic that is not joined is refused both ways', async () => {
  const { socket, topic } = await conversation();
  send(socket, '1', '1', topic, 'broadcast', say('hello'));
  assert.equal((await reply(socket, '1'))[4].response.code, 'forbidden');
  send(socket, '1', '2', topic, 'presence', { event: 'track', payload: {} });
  assert.equal((await reply(socket, '2'))[4].response.error, 'forbidden');
  send(socket, '1', '3', topic, 'shout', {});
  assert.equal((await reply(socket, '3'))[4].response.code, 'bad-event');
  assert.deepEqual(socket.frames.filter(([, , , , body]) => body.event === 'refused').map(([, , , , body]) => body.payload.ref), ['1', '2', '3']);
});

test('subprotocols: phoenix is selected, and the token beside it is taken in either alphabet', async () => {
  const session = await visitorSession(base, key);
  const url = `${base.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0`;
  const site = new URL(program.demo.demo_url).origin;
  const hidden = (alphabet) => `base64url.bearer.phx.${Buffer.from(session.token).toString(alphabet).replace(/=+$/, '').replace(/\//g, '_')}`;
  for (const [offered, selected] of [
    [['phoenix', hidden('base64')], 'phoenix'],
    [[hidden('base64url'), 'phoenix'], 'phoenix'],
    [['phoenix'], 'phoenix'],
    [[], ''],
  ]) {
    const ws = new WebSocket(url, offered);
    sockets.push({ end: () => ws.terminate() });
    await once(ws, 'open');
    assert.equal(ws.protocol, selected);
    const token = offered.length > 1 ? {} : { access_token: session.token };
    ws.send(JSON.stringify(['1', '1', `realtime:${session.topic}`, 'phx_join', token]));
    const [data] = await once(ws, 'message');
    assert.ok(JSON.parse(data.toString())[4].response.epoch, offered.join());
  }
  // From a tenant's page the token alone names the tenant; without it nobody comes in from there.
  for (const [offered, opens] of [[['phoenix', hidden('base64url')], true], [['phoenix'], false], [['phoenix', 'base64url.bearer.phx.AAAA'], false]]) {
    const ws = new WebSocket(url, offered, { headers: { origin: site } });
    sockets.push({ end: () => ws.terminate() });
    const opened = await once(ws, 'open').then(() => true, () => false);
    assert.equal(opened, opens, offered.join());
  }
});

test('over HTTP: 202 and nothing else, from the pages of the tenant, on both paths', async () => {
  const { session, socket } = await conversation();
  const room = await socket.join(session.topic, session.token);
  const site = new URL(program.demo.demo_url).origin;
  const post = (path, body, headers = {}) =>
    fetch(base + path, { method: 'POST', body, headers: { authorization: `Bearer ${session.token}`, 'content-type': 'application/json', ...headers } });
  for (const prefix of ['/realtime/v1', '']) {
    const one = `${prefix}/api/broadcast/${session.topic}/events/message`;
    const asked = await fetch(base + one, {
      method: 'OPTIONS',
      headers: { origin: site, 'access-control-request-method': 'POST', 'access-control-request-headers': 'apikey,authorization,content-type' },
    });
    assert.deepEqual([asked.status, asked.headers.get('access-control-allow-origin'), asked.headers.get('access-control-allow-credentials')], [204, site, null]);
    for (const name of ['apikey', 'authorization', 'content-type']) assert.ok(asked.headers.get('access-control-allow-headers').includes(name), name);
    for (const query of ['', '?apikey=x&vsn=2.0.0&private=true']) {
      const text = `by ${prefix} ${query}`;
      const answer = await post(one + query, JSON.stringify({ id: randomUUID(), text }), { origin: site });
      assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin'), await answer.text()], [202, site, '']);
      await room.hears('message', (payload) => payload.text === text);
    }
    const many = [{ topic: session.topic, event: 'message', payload: { id: randomUUID(), text: `many ${prefix}` } }];
    const batch = await post(`${prefix}/api/broadcast`, JSON.stringify({ messages: many }), { apikey: 'tc_whatever' });
    assert.equal(batch.status, 202);
  }
  const path = `/api/broadcast/${encodeURIComponent(session.topic)}/events`;
  const refusals = [
    [`${path}/message`, '{"id":1}', {}, 400, 'bad-event'],
    [`${path}/message`, new Uint8Array([255, 0]), { 'content-type': 'application/octet-stream' }, 400, 'bad-event'],
    [`${path}/message`, '{}', { authorization: 'Bearer nonsense' }, 401, 'unauthorized'],
    [`${path}/message`, JSON.stringify({ id: randomUUID(), text: 'x' }), { origin: 'https://evil.example' }, 403, 'origin-denied'],
    [`${path}/offer`, JSON.stringify({ call_id: randomUUID(), sdp: 'v=0' }), {}, 409, 'use-socket'],
    [`${path}/hangup`, JSON.stringify({ call_id: randomUUID() }), {}, 422, 'unknown-call'],
    ['/api/broadcast/elsewhere/events/message', JSON.stringify({ id: randomUUID(), text: 'x' }), {}, 422, 'not-found'],
    ['/api/broadcast', '{"messages":1}', {}, 400, 'bad-request'],
  ];
  for (const [where, body, headers, status, code] of refusals) {
    const answer = await post(where, body, headers);
    const problem = await answer.json();
    assert.deepEqual([answer.status, problem.code, answer.headers.get('content-type')], [status, code, 'application/problem+json'], where);
    assert.equal(typeof problem.error, 'string', 'what clients show');
  }
});
