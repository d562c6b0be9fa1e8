// Everything a test needs: the program behind its proxy, and people in browsers of their own.
import assert from 'node:assert/strict';
import { Agent } from './agent.mjs';
import { launch } from './chromium.mjs';
import { Program } from './program.mjs';
import { Proxy } from './proxy.mjs';
import { removeTones } from './tone.mjs';
import { Visitor } from './visitor.mjs';

// The tone each plays into its microphone.
export const TONES = { firstAgent: 440, secondAgent: 660, visitor: 880 };

export class World {
  #browsers = new Map();
  #contexts = [];
  #people = [];
  #complaints = [];
  #expected = [];
  looks = 0;

  static async start(environment) {
    const world = new World();
    world.proxy = await Proxy.start();
    world.program = await Program.start({ publicUrl: world.proxy.url, environment });
    world.proxy.forwardTo(world.program.port);
    return world;
  }

  get demo() {
    return this.program.demo;
  }

  // A visitor who has opened nothing yet. `browser` holds options of `launch`, `context` of Playwright,
  // `site` of `hostPage` for a page other than the demo's,
  // and `stub` a script that runs in every frame before its own.
  async visitor({ browser, context, site, stub } = {}) {
    const made = await this.context({ tone: TONES.visitor, ...browser }, context);
    if (stub) await made.addInitScript(stub.script, stub.argument);
    const url = site ? await this.hostPage(made, site) : this.demo.demo_url;
    return this.#remember(await Visitor.on(made, url));
  }

  // Another tab of the same visitor on the same page.
  async tabOf(visitor) {
    return this.#remember(await Visitor.on(visitor.page.context(), visitor.page.url()));
  }

  // A customer's page of the test's own, with the real script tag: answered by the browser itself,
  // so that it can have any origin and any headers.
  async hostPage(context, { key = this.demo.tenant_key, origin = new URL(this.demo.demo_url).origin, headers = {} }) {
    const url = `${origin}/a-customers-page`;
    const script = `<script async src="${this.proxy.url}/embed.js" data-tenant="${key}"></script>`;
    const body = `<!doctype html><html lang="en"><title>A customer's page</title><body>${script}</body></html>`;
    await context.route(url, (route) => route.fulfill({ contentType: 'text/html', headers, body }));
    return url;
  }

  // An agent of the demo's tenant, signed in; `who` is 0 or 1.
  async agent(who = 0, { browser, context, stub } = {}) {
    const tone = who === 0 ? TONES.firstAgent : TONES.secondAgent;
    return this.staff(this.demo.agents[who], { tone, ...browser }, { context, stub });
  }

  // Anybody who signs in.
  async staff(credentials, browser, { context, stub } = {}) {
    const made = await this.context(browser, context);
    if (stub) await made.addInitScript(stub.script, stub.argument);
    return this.#remember(await Agent.signedIn(made, this.proxy.url, credentials));
  }

  async readyAgent(who, options) {
    const agent = await this.agent(who, options);
    await agent.becomesReady();
    return agent;
  }

  // A visitor and the first agent in a connected call that both have heard.
  async call(options = {}) {
    const agent = await this.readyAgent(0, options.agent);
    const visitor = await this.visitor(options.visitor);
    await visitor.opensChat();
    await visitor.calls();
    await agent.rings();
    await agent.accept();
    await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
    return { agent, visitor };
  }

  // A fresh profile in the browser with these options; the browser is shared by those who ask the same.
  async context(browser, options) {
    const key = JSON.stringify(browser);
    if (!this.#browsers.has(key)) this.#browsers.set(key, await launch(browser));
    const context = await this.#browsers.get(key).newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(15_000);
    this.#listen(context);
    this.#contexts.push(context);
    return context;
  }

  // What a test provokes itself may stand on the consoles of its pages; anything else there fails it.
  expects(...patterns) {
    this.#expected.push(...patterns);
  }

  #listen(context) {
    const complains = (text) => {
      this.#complaints.push(text);
      if (process.env.TINCAN_TEST_LOOK) console.error(text);
    };
    context.on('weberror', (error) => complains(String(error.error())));
    context.on('console', (message) => message.type() === 'error' && complains(`${message.text()} ${message.location().url}`));
    context.on('response', (response) => response.status() >= 400 && complains(`${response.status()} ${response.url()}`));
  }

  // Everybody hangs up and goes home; the program stays. With TINCAN_TEST_LOOK=folder, what each last saw lands there.
  async everybodyLeaves() {
    await this.#goHome();
    const expected = this.#expected.splice(0);
    const surprises = this.#complaints.splice(0).filter((text) => !expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(surprises, [], 'what pages complained of');
  }

  async #goHome() {
    this.proxy.heal();
    if (process.env.TINCAN_TEST_LOOK) await this.#look(process.env.TINCAN_TEST_LOOK);
    for (const person of this.#people.splice(0)) await person.leavesCall();
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  #remember(person) {
    this.#people.push(person);
    return person;
  }

  async #look(folder) {
    const pages = this.#contexts.flatMap((context) => context.pages());
    for (const [index, page] of pages.entries()) await page.screenshot({ path: `${folder}/${++this.looks}-${index}.png` });
  }

  async end() {
    await Promise.all([...this.#browsers.values()].map((browser) => browser.close()));
    await this.program?.end();
    await this.proxy.end();
    await removeTones();
  }
}
