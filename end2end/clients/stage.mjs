// Where one scenario plays: a proxy of its own that can cut its sockets, a conversation, the client
// under test, and somebody on a bare socket on the other side.
import { createHmac, randomUUID } from 'node:crypto';
import { signIn, visitorSession } from '../harness/accounts.mjs';
import { Proxy } from '../harness/proxy.mjs';
import { Socket } from '../harness/socket.mjs';
import { Client } from './client.mjs';

// The server's signing key in these tests, so that a test can end a token when it wants to.
export const KEY = 'the signing key of the tests of clients';

export class Stage {
  #things = [];

  static async set(kind, program, test) {
    const stage = new Stage();
    Object.assign(stage, { kind, test });
    stage.proxy = await Proxy.start();
    test.after(() => stage.clear());
    await stage.moveTo(program);
    return stage;
  }

  // From here on everything is done at this program.
  async moveTo(program) {
    this.program = program;
    this.proxy.forwardTo(program.port);
    this.base = program.demo.url.replace(/\/$/, '');
    this.session = await visitorSession(this.base, program.demo.tenant_key);
    this.topic = this.session.topic;
  }

  // The client under test, as the visitor of this conversation or with another token or server.
  visitor({ token = this.session.token, ...more } = {}) {
    return this.client({ apikey: this.program.demo.tenant_key, token, ...more });
  }

  // The client under test, as the tenant's staff.
  async staff() {
    return this.client({ apikey: this.program.demo.tenant_key, token: await this.staffToken() });
  }

  async client(options) {
    const site = new URL(this.program.demo.demo_url).origin;
    const client = await Client.open(this.kind.start, { url: this.proxy.url, site, ...options });
    this.#things.push(() => client.stop());
    return client;
  }

  // Staff on a bare socket, past the proxy: the other side of the conversation.
  async other(config) {
    const token = await this.staffToken();
    const socket = await this.socket(token);
    const room = await socket.join(this.topic, token, config);
    if (room.reply.status !== 'ok') throw new Error(`the other side could not join: ${JSON.stringify(room.reply)}`);
    return room;
  }

  async socket() {
    const socket = await Socket.open(this.base, this.program.demo.tenant_key);
    this.#things.push(() => socket.end());
    return socket;
  }

  // One sign-in serves all scenarios.
  async staffToken() {
    this.program.staff ??= signIn(this.base, this.program.demo.agents[0]);
    return (await this.program.staff).access_token;
  }

  // A new token of the same visitor, by `resume`.
  async renewed() {
    return (await visitorSession(this.base, this.program.demo.tenant_key, this.session.resume)).token;
  }

  // The visitor's token as it would be if it ended in a few seconds.
  endingSoon() {
    const [head, body] = this.session.token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url'));
    claims.exp = Math.floor(Date.now() / 1000) + 3;
    const text = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${text}.${createHmac('sha256', KEY).update(text).digest('base64url')}`;
  }

  // Says in the report what this client does not show, and what is asserted instead.
  instead(words) {
    this.test.diagnostic(`${this.kind.name}: ${words}`);
  }

  async clear() {
    for (const end of this.#things.splice(0).reverse()) await end();
    await this.proxy.end();
  }
}

export const message = (text) => ({ id: randomUUID(), text });
