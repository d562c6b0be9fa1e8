// The examples of docs/protocol.md, said to the real server from top to bottom: everything sent is
// sent as it stands there, and everything that comes must stand there too, key by key.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { signIn, visitorSession } from '../harness/accounts.mjs';
import { Program } from '../harness/program.mjs';
import { SDP } from '../harness/sdp.mjs';

const text = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```(wire|http|js)\n([^]*?)^```$/gm)].map(([, kind, body]) => ({ kind, body }));

let program;
let base;
// What the names in angle brackets stand for.
const names = new Map();
const sockets = new Map();
before(async () => {
  program = await Program.start();
  base = program.demo.url.replace(/\/$/, '');
  const visitor = await visitorSession(base, program.demo.tenant_key);
  const agent = (await signIn(base, program.demo.agents[0])).access_token;
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const known = {
    key: program.demo.tenant_key,
    session: visitor.session_id,
    'visitor token': visitor.token,
    visitor: claims(visitor.token).sub,
    'visitor name': claims(visitor.token).name,
    'agent token': agent,
    agent: claims(agent).sub,
    'agent name': claims(agent).name,
    tenant: claims(agent).tenant_id,
    'offer sdp': SDP,
    'answer sdp': SDP.replace('actpass', 'active'),
  };
  for (const [name, value] of Object.entries(known)) names.set(name, value);
});
after(async () => {
  for (const { socket } of sockets.values()) socket.terminate();
  await program.end();
});

test('the examples of the protocol are what the server does', { timeout: 120_000 }, async () => {
  assert.ok(blocks.length > 10, 'the document has examples');
  // A function that the document shows is used from there on.
  const shown = {};
  for (const { kind, body } of blocks) {
    if (kind === 'js') Object.assign(shown, functionOf(body));
    else if (kind === 'http') await request(body);
    else for (const line of lines(body)) await play(line, shown);
  }
});

function functionOf(body) {
  const name = /function (\w+)/.exec(body)[1];
  return { [name]: new Function(`${body}; return ${name};`)() };
}

// Lines that are indented go on from the one before.
const lines = (body) => body.replace(/\n\s+/g, '').split('\n').filter((line) => line.trim());

async function play(line, shown) {
  const [, who, sign, rest] = /^(\w+) (→|⇒|←|opens) ?(.*)$/.exec(line) ?? assert.fail(`what is ${line}?`);
  if (sign === 'opens') return open(who, filled(rest));
  const { socket, frames } = sockets.get(who);
  if (sign === '→') return socket.send(JSON.stringify(filled(JSON.parse(rest))));
  if (sign === '⇒') return socket.send(shown.encodePush(...filled(JSON.parse(rest))));
  const wanted = JSON.parse(rest);
  const came = await frames.next((frame) => skippable(frame, wanted));
  assert.ok(fits(wanted, came), `${who} was to hear\n${rest}\nand heard\n${JSON.stringify(came)}`);
}

// How the agents stand is told whenever it changes, not at a fixed place.
function skippable(frame, wanted) {
  if (!Array.isArray(frame)) return false;
  const lobby = frame[2].startsWith('realtime:tenant_');
  const noise = (one) => one[4].event === 'availability' || (lobby && (/^presence_/.test(one[3]) || one[4].event === 'session_updated'));
  return noise(frame) && !noise(wanted);
}

async function open(who, path) {
  const socket = new WebSocket(base.replace('http', 'ws') + path);
  sockets.set(who, { socket, frames: new Frames(socket) });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
}

class Frames {
  #here = [];
  #wake = () => {};

  constructor(socket) {
    socket.on('message', (data) => {
      this.#here.push(JSON.parse(data.toString()));
      this.#wake();
    });
  }

  async next(skip) {
    const until = Date.now() + 15_000;
    for (;;) {
      const frame = this.#here.shift();
      if (frame && !skip(frame)) return frame;
      if (frame) continue;
      if (Date.now() > until) return assert.fail('nothing more came');
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 15_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

async function request(body) {
  const [asked, answered] = body.trim().split('\n\n').reduce(
    ([asked, answered], part) => (/^\d{3}\b/.test(part) ? [asked, part] : [[...asked, part], answered]),
    [[], ''],
  );
  const [first, ...headers] = filled(asked[0]).split('\n');
  const [method, path] = first.split(' ');
  const response = await fetch(base + path, {
    method,
    headers: Object.fromEntries(headers.map((line) => line.split(': '))),
    body: asked[1] && JSON.stringify(filled(JSON.parse(asked[1]))),
  });
  const [status, ...wanted] = answered.split('\n');
  const came = await response.text();
  assert.equal(String(response.status), status, `${first}: ${came}`);
  if (wanted.length) assert.ok(fits(JSON.parse(wanted.join('')), JSON.parse(came)), `${first}: ${came}`);
}

// The same with every name replaced; one that is not known yet becomes a fresh id.
function filled(value) {
  if (typeof value === 'string') {
    return value.replace(/<([\w ]+)>/g, (_, name) => {
      if (!names.has(name)) names.set(name, randomUUID());
      return names.get(name);
    });
  }
  if (Array.isArray(value)) return value.map(filled);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [filled(key), filled(one)]));
  return value;
}

// Whether what came is what the document says. A name that is not known yet is learned; a time is any time.
function fits(wanted, came) {
  if (typeof wanted === 'string') {
    if (typeof came !== 'string') return false;
    const whole = /^<([\w ]+)>$/.exec(wanted);
    if (whole && !names.has(whole[1])) {
      names.set(whole[1], came);
      return true;
    }
    return filled(wanted) === came;
  }
  if (typeof wanted === 'number') return wanted > 1e12 ? came > 1e12 : wanted === came;
  if (Array.isArray(wanted)) return Array.isArray(came) && wanted.length === came.length && wanted.every((one, index) => fits(one, came[index]));
  if (wanted && typeof wanted === 'object') {
    if (!came || typeof came !== 'object') return false;
    const keys = Object.keys(wanted);
    return keys.length === Object.keys(came).length && keys.every((key) => fits(wanted[key], came[filled(key)]));
  }
  return wanted === came;
}
