// What every client must be able to do, told once. Each scenario plays with each client of the table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { lobbyOf } from '../harness/accounts.mjs';
import { Program } from '../harness/program.mjs';
import { SDP } from '../harness/sdp.mjs';
import { KEY, message } from './stage.mjs';

// The agents of the demo are few: one call at a time.
let calling = Promise.resolve();

export const SCENARIOS = {
  async 'joins, and hears what comes after every join'(stage) {
    const room = await (await stage.visitor()).join(stage.topic);
    const state = await room.hears('call_state');
    assert.deepEqual([state.payload.state, state.payload.seq], ['idle', 0]);
    await room.hears('availability', (payload) => typeof payload.voice_enabled === 'boolean');
    assert.equal(room.told.length, 1, 'joined at the first attempt');
  },

  async 'presence: updates replace, and nobody stays who left'(stage) {
    const visitor = await (await stage.visitor()).join(stage.topic, { key: 'visitor', presence: true });
    const agent = await (await stage.staff()).join(stage.topic, { key: 'agent', presence: true });
    const shows = (one, key, meta) =>
      one.sees(`${key} as ${JSON.stringify(meta)}`, (state) => JSON.stringify(state[key]) === JSON.stringify(meta && [meta]));
    assert.equal(await visitor.track({ mood: 'calm' }), 'ok');
    for (const one of [visitor, agent]) await shows(one, 'visitor', { mood: 'calm' });
    assert.equal(await agent.track({ mood: 'busy' }), 'ok');
    for (const mood of ['cross', 'happy']) {
      assert.equal(await visitor.track({ mood }), 'ok');
      for (const one of [visitor, agent]) await shows(one, 'visitor', { mood });
    }
    await shows(visitor, 'agent', { mood: 'busy' });

    // Whoever comes later sees the same, and so does everybody again after a drop.
    const late = await stage.other({ presence: { key: 'late', enabled: true } });
    const [, , , , before] = await late.socket.until(([, , topic, event]) => topic === late.topic && event === 'presence_state');
    assert.deepEqual(Object.keys(before).sort(), ['agent', 'visitor']);
    stage.proxy.closeSockets();
    await Promise.all([visitor.becomes('joined', 2), agent.becomes('joined', 2)]);
    assert.equal(await visitor.track({ mood: 'back' }), 'ok');
    await shows(agent, 'visitor', { mood: 'back' });
    await agent.sees('only who is there', (state) => Object.keys(state).join() === 'visitor');
    assert.equal(await visitor.untrack(), 'ok');
    for (const one of [visitor, agent]) await one.sees('nobody', (state) => Object.keys(state).length === 0);
  },

  async 'broadcasts with an ack'(stage) {
    const room = await (await stage.visitor()).join(stage.topic, { ack: true, self: true });
    const other = await stage.other();
    const one = message('with an ack');
    assert.equal((await room.say('message', one)).status, 'ok');
    const heard = await other.hears('message', (payload) => payload.id === one.id);
    assert.equal(heard.payload.from.role, 'visitor');
    const own = await room.hears('message', (payload) => payload.id === one.id);
    assert.equal(own.meta.id, heard.meta.id);
    if (stage.kind.meta) assert.deepEqual(own.meta, heard.meta);
    else stage.instead('passes on `meta.id` only; that id is asserted instead of the number');

    const answer = await room.say('no_such_event', {});
    assert.equal(answer.status, 'error');
    if (stage.kind.refusal) assert.equal(answer.response.code, 'bad-event');
    else stage.instead("`send()` says 'error' without the code; the code is asserted in `refused`");
    await room.hears('refused', (payload) => payload.event === 'no_such_event' && payload.code === 'bad-event');
  },

  async 'broadcasts without an ack, and without its own'(stage) {
    const room = await (await stage.visitor()).join(stage.topic, { ack: false, self: false });
    const other = await stage.other();
    const one = message('without an ack');
    assert.equal((await room.say('message', one)).status, 'ok');
    await other.hears('message', (payload) => payload.id === one.id);
    await room.say('no_such_event', {});
    await room.hears('refused', (payload) => payload.event === 'no_such_event' && payload.code === 'bad-event');
    stage.instead('an unacknowledged push is always ok to the client; its refusal is asserted in `refused`');
    await other.say('message', message('from the other side'));
    await room.hears('message', (payload) => payload.text === 'from the other side');
    assert.deepEqual(room.texts, ['from the other side'], 'not its own');
  },

  async 'a socket drops: what was missed comes in order, once'(stage) {
    const room = await (await stage.visitor()).join(stage.topic, { replay: { after_seq: 0 } });
    const other = await stage.other();
    await other.say('message', message('1'));
    await room.hears('message', (payload) => payload.text === '1');
    const away = stage.proxy.fault('close');
    await room.becomes('error');
    for (const text of ['2', '3', '4']) await other.say('message', message(text));
    away.end();
    await room.becomes('joined', 2);
    await other.say('message', message('5'));
    await room.hears('message', (payload) => payload.text === '5');
    assert.deepEqual(room.texts, ['1', '2', '3', '4', '5']);
    const replayed = room.heard.filter((one) => one.event === 'message').map((one) => one.meta.replayed === true);
    assert.deepEqual(replayed, [false, true, true, true, false]);
    const states = room.heard.filter((one) => one.event === 'call_state');
    assert.deepEqual(states.map((one) => one.payload.seq), [0, 4], 'one call_state after each join');
  },

  async 'a renewed token carries on past the end of the first'(stage) {
    const client = await stage.visitor();
    const token = stage.endingSoon();
    await client.renew(token);
    const room = await client.join(stage.topic);
    const witness = await (await stage.socket()).join(stage.topic, token);
    await client.renew(await stage.renewed());
    // Whoever did not renew is put out; this client is not.
    await witness.socket.until(([, , topic, event]) => topic === witness.topic && event === 'phx_close', 30_000);
    assert.equal((await room.say('message', message('still here'))).status, 'ok');
    assert.deepEqual(room.told.map((one) => one.state), ['joined']);

    // The new one is what it comes back with after a drop.
    stage.proxy.closeSockets();
    await room.becomes('joined', 2);
    assert.equal((await room.say('message', message('back again'))).status, 'ok');
  },

  async 'a token ends: the channel is closed, and opens again with a new one'(stage) {
    const client = await stage.visitor();
    await client.renew(stage.endingSoon());
    const room = await client.join(stage.topic);
    await room.becomes('closed');
    await client.renew(await stage.renewed());
    const again = await client.join(stage.topic);
    assert.equal((await again.say('message', message('with a new token'))).status, 'ok');
    await again.hears('message', (payload) => payload.text === 'with a new token');
  },

  async 'a refused join says why'(stage) {
    const client = await stage.visitor();
    const lobby = `tenant_${randomUUID()}`;
    for (const topic of [lobby, `chat_session_${randomUUID()}`]) {
      const refused = await (await client.begin(topic)).becomes('error');
      assert.match(refused.why, /Unauthorized: You do not have permissions/, topic);
    }
    const bad = await (await stage.visitor({ token: 'nonsense' })).begin(stage.topic);
    assert.match((await bad.becomes('error')).why, stage.kind.badToken);
    assert.ok(!bad.told.some((one) => one.state === 'joined'));
    // The socket is as good as before.
    const room = await client.join(stage.topic);
    assert.equal((await room.say('message', message('mine'))).status, 'ok');
  },

  async 'joins without a token, which a callback hands out later'(stage) {
    if (!stage.kind.callback) {
      stage.instead('takes a token from no callback; the refusal of a join that never gets one is asserted');
      const room = await (await stage.visitor({ token: '' })).begin(stage.topic);
      await room.hearsWhy(stage.kind.noToken);
      return;
    }
    // Handed out before the answer to the join, and long after it.
    for (const callback of [0, 400]) {
      const room = await (await stage.visitor({ callback })).begin(stage.topic, { key: 'visitor', presence: true });
      await room.becomes('joined');
      // What is pushed at once waits for the token, and is taken.
      const one = message(`after ${callback} ms`);
      const said = room.say('message', one);
      assert.equal(await room.track({ here: true }), 'ok');
      assert.equal((await said).status, 'ok');
      await room.hears('message', (payload) => payload.id === one.id);
      if (callback && stage.kind.callback === 'event') assert.deepEqual(room.told.map((told) => told.state), ['joined']);
    }
    stage.instead('is joined before its token is known; that nothing is heard until then is asserted with bare sockets');
  },

  async 'leaves, and joins the same topic again'(stage) {
    const client = await stage.visitor();
    const room = await client.join(stage.topic, { key: 'visitor', presence: true });
    const other = await stage.other({ presence: { key: 'other', enabled: true } });
    await room.track({ here: true });
    await other.socket.until(([, , , event, body]) => event === 'presence_diff' && body.joins.visitor);
    assert.equal(await room.leave(), 'ok');
    await room.becomes('closed');
    await other.socket.until(([, , , event, body]) => event === 'presence_diff' && body.leaves.visitor);
    await other.say('message', message('nobody hears this'));
    const again = await client.join(stage.topic);
    await other.say('message', message('hello again'));
    await again.hears('message', (payload) => payload.text === 'hello again');
    assert.deepEqual([room.texts, again.texts], [[], ['hello again']]);
    assert.deepEqual(again.told.map((one) => one.state), ['joined'], 'the end of the first join is not the end of the second');
  },

  async 'the socket is down: messages go another way, or wait'(stage) {
    const room = await (await stage.visitor()).join(stage.topic, { replay: { after_seq: 0 } });
    const other = await stage.other();
    const away = stage.proxy.fault('close');
    await room.becomes('error');
    const during = message('said during the drop');
    if (stage.kind.whileDown === 'http') {
      assert.equal((await room.say('message', during)).status, 'ok');
      await other.hears('message', (payload) => payload.id === during.id);
      assert.equal((await room.say('call_request', { call_id: randomUUID() })).status, 'error', 'what needs a leg needs a socket');
    }
    const posted = message('posted');
    if (stage.kind.httpSend) {
      assert.deepEqual(await room.post('message', posted), { ok: true });
      await other.hears('message', (payload) => payload.id === posted.id);
      const refused = await room.post('call_request', { call_id: randomUUID() });
      assert.match(refused.why, /needs a joined socket/);
      if (stage.kind.httpSend === 'own') stage.instead('has no way over HTTP; the application posts by itself, by the same paths');
    } else {
      assert.match((await room.post('message', posted)).why, /httpSend is not a function/);
      stage.instead('this release has no httpSend(); its absence is asserted');
    }
    let waiting;
    if (stage.kind.whileDown === 'later') {
      stage.instead('keeps a push until the next join instead of posting it; its arrival after that is asserted');
      waiting = room.say('message', during);
    }
    away.end();
    await room.becomes('joined', 2);
    if (waiting) assert.equal((await waiting).status, 'ok');
    await other.hears('message', (payload) => payload.id === during.id);
    await other.say('message', message('all is well'));
    await room.hears('message', (payload) => payload.text === 'all is well');
    assert.equal(room.texts.filter((text) => text === during.text).length, 1, 'once');
  },

  async 'refused upgrades are tried again ever more slowly'(stage) {
    const full = await Program.start({ environment: { TINCAN__AUTH__KEY: KEY, TINCAN__LIMITS__SOCKET__SOCKETS: '1' } });
    try {
      await stage.moveTo(full);
      const seat = await stage.socket();
      const client = await stage.visitor();
      const joining = client.begin(stage.topic);
      const { backOff } = stage.kind;
      await stage.proxy.openedMore('visitor', backOff.length - 1);
      seat.end();
      const room = await joining;
      await room.becomes('joined');
      const times = stage.proxy.times.slice(0, backOff.length + 1);
      const gaps = times.slice(1).map((time, index) => time - times[index]);
      gaps.forEach((gap, index) => assert.ok(gap >= backOff[index] * 0.9, `attempts came after ${gaps} ms`));
      assert.equal((await room.say('message', message('in at last'))).status, 'ok');
      await stage.clear();
    } finally {
      await full.end();
    }
  },

  async 'carries a whole call'(stage) {
    const mine = calling.then(() => call(stage));
    calling = mine.catch(() => {});
    await mine;
  },
};

async function call(stage) {
  const staff = await stage.staff();
  const lobby = await staff.join(lobbyOf(await stage.staffToken()), { presence: true });
  assert.equal(await lobby.track({ status: 'ready' }), 'ok');
  await lobby.sees('a ready agent', (state) => Object.values(state).flat().some((one) => one.status === 'ready'));

  const caller = await (await stage.visitor()).join(stage.topic);
  const call_id = randomUUID();
  const [mine, theirs] = [randomUUID(), randomUUID()];
  const says = async (side, event, payload) => assert.equal((await side.say(event, { call_id, ...payload })).status, 'ok', event);
  await says(caller, 'call_request', { leg: mine, media: 'audio' });
  await lobby.hears('ringing', (payload) => payload.call_id === call_id);

  const agent = await staff.join(stage.topic);
  await says(agent, 'call_accept', { leg: theirs });
  for (const side of [caller, agent]) {
    await side.hears('call_accept');
    await side.hears('ice_servers');
  }
  await says(agent, 'offer', { sdp: SDP });
  const offer = await caller.hears('offer');
  assert.deepEqual([offer.payload.sdp, offer.payload.from], [SDP, theirs]);
  await says(caller, 'answer', { sdp: SDP.replace('actpass', 'active') });
  await agent.hears('answer');
  const candidate = { candidate: 'candidate:1 1 udp 2122260223 127.0.0.1 40000 typ host', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' };
  await says(caller, 'candidate', candidate);
  assert.equal((await agent.hears('candidate')).payload.candidate, candidate.candidate);
  for (const side of [caller, agent]) await says(side, 'leg_state', { media: 'up', path: 'host' });
  await says(agent, 'media', { muted: false, held: true, video: false });
  await caller.hears('media', (payload) => payload.held === true);
  await says(caller, 'hangup', {});
  await agent.hears('hangup');
  assert.equal((await caller.say('hangup', { call_id })).status, 'error', 'it is over');
  await lobby.leave();
}
