// A TCP proxy between the browsers and the program. It tells sockets (WebSocket upgrades) from other
// traffic by the first bytes, and does to them what networks do: close, fall silent without a word,
// break off in the middle of a frame, refuse newcomers.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Proxy {
  #servers = [];
  #pairs = new Set();
  #fault = null;
  #waiting = new Set();
  opened = [];
  // When each of them was opened.
  times = [];

  // Listens on both loopback addresses, as the program does, so that `localhost` works too.
  static async start() {
    const proxy = new Proxy();
    const first = createServer((client) => proxy.#accept(client));
    first.listen(0, '127.0.0.1');
    await once(first, 'listening');
    proxy.port = first.address().port;
    const second = createServer((client) => proxy.#accept(client));
    second.listen(proxy.port, '::1');
    await once(second, 'listening');
    proxy.#servers = [first, second];
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  forwardTo(port) {
    this.target = port;
  }

  // How many sockets were opened through the proxy by `who` ('visitor', 'staff', or anyone).
  count(who) {
    return this.opened.filter((owner) => !who || owner === who).length;
  }

  // How many of them are open now.
  live(who) {
    return [...this.#pairs].filter((pair) => pair.isSocket && (!who || pair.who === who)).length;
  }

  // Fulfils when `who` has opened more than `than` sockets.
  openedMore(who, than) {
    return this.#until(() => this.count(who) > than);
  }

  // Starts a fault on the sockets of `who` (everyone's when not given). It lasts until `end` is called.
  //   close   both ends are closed at once, newcomers are refused
  //   silence nothing passes in either direction and nobody is told, newcomers get no answer; at the end all of them die
  //   tear    the next bytes break off half way and the connection with them, newcomers are refused
  fault(kind, who) {
    const began = Date.now();
    this.#fault = { kind, who };
    for (const pair of this.#pairs) if (this.#hit(pair)) this.#strike(pair);
    return {
      // Fulfils when the fault is this old: how long a network is away is part of what is tested.
      lasted: (ms) => new Promise((resolve) => setTimeout(resolve, began + ms - Date.now())),
      end: () => this.heal(),
    };
  }

  // Ends whatever fault there is.
  heal() {
    this.#fault = null;
    for (const pair of this.#pairs) if (pair.struck) pair.destroy();
  }

  // Closes the sockets of `who` once.
  closeSockets(who) {
    for (const pair of this.#pairs) if (pair.isSocket && (!who || pair.who === who)) pair.destroy();
  }

  async end() {
    for (const pair of this.#pairs) pair.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #accept(client) {
    const pair = new Pair(client, () => {
      this.#pairs.delete(pair);
      this.#changed();
    });
    this.#pairs.add(pair);
    client.once('data', (head) => {
      const request = head.toString('latin1');
      pair.isSocket = /^upgrade: *websocket/im.test(request);
      if (pair.isSocket) pair.who = /^GET [^ ]*[?&]apikey=dashboard\b/.test(request) ? 'staff' : 'visitor';
      if (pair.isSocket && this.#hit(pair)) {
        pair.struck = true;
        // Silent: the handshake stays without an answer. Otherwise: refused.
        if (this.#fault.kind !== 'silence') pair.destroy();
        return;
      }
      if (pair.isSocket) {
        this.opened.push(pair.who);
        this.times.push(Date.now());
      }
      pair.join(connect(this.target, '127.0.0.1'), head);
      this.#changed();
    });
  }

  #hit(pair) {
    return this.#fault && pair.isSocket && (!this.#fault.who || this.#fault.who === pair.who);
  }

  #strike(pair) {
    pair.struck = true;
    if (this.#fault.kind === 'close') pair.destroy();
    if (this.#fault.kind === 'silence') pair.silent = true;
    if (this.#fault.kind === 'tear') pair.tear = true;
  }

  #until(condition) {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ condition, resolve }));
  }

  #changed() {
    for (const waiting of this.#waiting) {
      if (!waiting.condition()) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }
}

// One connection: the browser's end and the program's end.
class Pair {
  isSocket = false;
  struck = false;
  silent = false;
  tear = false;

  constructor(client, gone) {
    this.client = client;
    this.gone = gone;
    client.on('error', () => this.destroy());
    client.on('close', () => this.#closed(this.server));
  }

  join(server, head) {
    this.server = server;
    server.on('error', () => this.destroy());
    server.on('close', () => this.#closed(this.client));
    server.write(head);
    this.client.on('data', (bytes) => this.#forward(bytes, server, this.client));
    server.on('data', (bytes) => this.#forward(bytes, this.client, server));
    this.client.on('end', () => !this.silent && server.end());
    server.on('end', () => !this.silent && this.client.end());
  }

  destroy() {
    this.client.destroy();
    this.server?.destroy();
    this.gone();
  }

  #forward(bytes, to, from) {
    if (this.silent) return;
    // Two bytes are the smallest frame header; half of fewer would be nothing.
    if (this.tear && bytes.length > 2) {
      to.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => this.destroy());
      this.silent = true;
      return;
    }
    if (!to.write(bytes)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  }

  // A silent pair tells nobody: the other end stays as it is until the fault is over.
  #closed(other) {
    if (this.silent) return;
    other?.destroy();
    this.gone();
  }
}
