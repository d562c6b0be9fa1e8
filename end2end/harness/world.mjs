// Everything a test needs: the program behind its proxy, and people in browsers of their own.
import { Agent } from './agent.mjs';
import { launch } from './chromium.mjs';
import { Program } from './program.mjs';
import { Proxy } from './proxy.mjs';
import { Visitor } from './visitor.mjs';

// The tone each plays into its microphone.
export const TONES = { firstAgent: 440, secondAgent: 660, visitor: 880 };

export class World {
  #browsers = new Map();
  #contexts = [];

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

  // A visitor who has opened nothing yet. `browser` holds options of `launch`, `context` of Playwright.
  async visitor({ url = this.demo.demo_url, browser, context } = {}) {
    return Visitor.on(await this.context({ tone: TONES.visitor, ...browser }, context), url);
  }

  // An agent of the demo's tenant, signed in; `who` is 0 or 1.
  async agent(who = 0, { browser, context } = {}) {
    const tone = who === 0 ? TONES.firstAgent : TONES.secondAgent;
    return Agent.signedIn(await this.context({ tone, ...browser }, context), this.demo.url, this.demo.agents[who]);
  }

  async readyAgent(who, options) {
    const agent = await this.agent(who, options);
    await agent.becomesReady();
    return agent;
  }

  // A visitor and the first agent in a connected call that both have heard.
  async call() {
    const agent = await this.readyAgent(0);
    const visitor = await this.visitor();
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
    this.#contexts.push(context);
    return context;
  }

  // Everybody goes home; the program stays.
  async everybodyLeaves() {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async end() {
    await Promise.all([...this.#browsers.values()].map((browser) => browser.close()));
    await this.program?.end();
    await this.proxy.end();
  }
}
