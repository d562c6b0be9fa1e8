// A client under test, whatever it is written in: what it was asked to do goes to its driver, and
// what it reported to its application is kept here.

const PATIENCE = 20_000;

export class Client {
  #channels = new Map();

  // `start` is a driver's: it gives the commands and feeds back what the client reports.
  static async open(start, options) {
    const client = new Client();
    client.driver = await start(options, (topic, kind, value) => client.#channels.get(topic)?.take(kind, value));
    return client;
  }

  // Begins to join; gives the channel at once.
  async begin(topic, how) {
    const channel = new Channel(this.driver, topic);
    this.#channels.set(topic, channel);
    const wanted = { ack: true, self: true, key: '', presence: false, ...how };
    await this.driver.join(topic, wanted);
    return channel;
  }

  // Joins and waits until the client says so.
  async join(topic, how) {
    const channel = await this.begin(topic, how);
    await channel.becomes('joined');
    return channel;
  }

  renew(token) {
    return this.driver.renew(token);
  }

  stop() {
    return this.driver.stop();
  }
}

class Channel {
  // Every broadcast the application got, and every state it was told.
  heard = [];
  told = [];
  presence = {};
  #waiting = new Set();

  constructor(driver, topic) {
    Object.assign(this, { driver, topic });
  }

  take(kind, value) {
    if (kind === 'presence') this.presence = value;
    else this[kind].push(value);
    for (const look of this.#waiting) look();
  }

  // The state now, in the client's words: joined, error, timed out, closed.
  get state() {
    return this.told.at(-1)?.state;
  }

  // The broadcast of this name that fits, already here or to come.
  hears(event, fits = () => true) {
    return this.#until(`hearing ${event}`, () => this.heard.find((one) => one.event === event && fits(one.payload)));
  }

  // The state the client reports, as at least the `nth` of its kind.
  becomes(state, nth = 1) {
    return this.#until(`becoming ${state}`, () => this.told.filter((one) => one.state === state)[nth - 1]);
  }

  // The client reports an error whose text fits.
  hearsWhy(words) {
    return this.#until(`an error like ${words}`, () => this.told.find((one) => one.state === 'error' && words.test(one.why)));
  }

  // Who is there, as soon as it is what is wanted.
  sees(what, fits) {
    return this.#until(what, () => (fits(this.presence) ? this.presence : undefined));
  }

  // The texts of the messages, in the order they were heard.
  get texts() {
    return this.heard.filter((one) => one.event === 'message').map((one) => one.payload.text);
  }

  say(event, payload) {
    return this.driver.say(this.topic, event, payload);
  }

  post(event, payload) {
    return this.driver.post(this.topic, event, payload);
  }

  track(meta) {
    return this.driver.track(this.topic, meta);
  }

  untrack() {
    return this.driver.untrack(this.topic);
  }

  leave() {
    return this.driver.leave(this.topic);
  }

  #until(what, find) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const known = { told: this.told, heard: this.heard.map((one) => one.event), presence: this.presence };
        reject(new Error(`${what} never came: ${JSON.stringify(known)}`));
      }, PATIENCE);
      this.#waiting.add(look);
      look();
    });
  }
}
