// A bare socket that speaks the wire's 2.0.0 by hand, so that a test can also say what no client would.
import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';

export class Socket {
  #next = 1;
  #waiting = new Set();
  frames = [];
  closed = null;

  static async open(base, apikey, { version = '2.0.0' } = {}) {
    const socket = new Socket();
    socket.ws = new WebSocket(`${base.replace('http', 'ws')}/realtime/v1/websocket?apikey=${apikey}&vsn=${version}`);
    socket.ws.on('message', (data) => socket.#take(JSON.parse(data.toString())));
    socket.ws.on('close', (code) => {
      socket.closed = code;
      socket.#changed();
    });
    await new Promise((resolve, reject) => socket.ws.once('open', resolve).once('error', reject));
    return socket;
  }

  // Joins a room and waits for what comes after every join; gives the room.
  async join(topic, token, config = {}) {
    const room = new Room(this, `realtime:${topic}`);
    const payload = { config: { broadcast: { ack: true, self: true }, presence: { enabled: true }, private: true, ...config } };
    if (token) payload.access_token = token;
    room.joinRef = String(this.#next);
    room.reply = await this.push(room, 'phx_join', payload);
    return room;
  }

  // Sends one frame and waits for its reply.
  async push(room, event, payload) {
    const ref = String(this.#next++);
    this.raw(JSON.stringify([room.joinRef, ref, room.topic, event, payload]));
    const frame = await this.until(([, answers, , name]) => answers === ref && name === 'phx_reply');
    return frame[4];
  }

  raw(bytes) {
    this.ws.send(bytes);
  }

  // The first frame, of those already here or to come, that fits.
  async until(fits, patience) {
    const find = () => this.frames.find(fits);
    await this.#wait(() => find() || this.closed !== null, patience);
    const found = find();
    if (!found) throw new Error(`the socket was closed (${this.closed}) before it came`);
    return found;
  }

  async untilClosed() {
    await this.#wait(() => this.closed !== null);
    return this.closed;
  }

  end() {
    this.ws.terminate();
  }

  #wait(condition, patience = 10_000) {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const entry = { condition, resolve };
      const timer = setTimeout(() => {
        this.#waiting.delete(entry);
        reject(new Error(`nothing fitting came; last frames: ${JSON.stringify(this.frames.slice(-5))}`));
      }, patience);
      entry.resolve = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(entry);
    });
  }

  #take(frame) {
    this.frames.push(frame);
    this.#changed();
  }

  #changed() {
    for (const entry of this.#waiting) {
      if (!entry.condition()) continue;
      this.#waiting.delete(entry);
      entry.resolve();
    }
  }
}

class Room {
  constructor(socket, topic) {
    Object.assign(this, { socket, topic });
  }

  // Broadcasts an event; the reply is `{status, response}`.
  say(event, payload) {
    return this.socket.push(this, 'broadcast', { type: 'broadcast', event, payload });
  }

  // Says a line of text and checks that it was taken: the room lives.
  async works() {
    const id = randomUUID();
    const reply = await this.say('message', { id, text: 'still here' });
    if (reply.status !== 'ok') throw new Error(`the room does not work: ${JSON.stringify(reply)}`);
    return id;
  }

  // The first broadcast of this name that fits.
  async hears(event, fits = () => true) {
    const frame = await this.socket.until(
      ([, , topic, name, body]) => topic === this.topic && name === 'broadcast' && body.event === event && fits(body.payload),
    );
    return frame[4];
  }

  track(payload) {
    return this.socket.push(this, 'presence', { type: 'presence', event: 'track', payload });
  }
}
