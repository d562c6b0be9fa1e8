// An agent at the dashboard.
import assert from 'node:assert/strict';
import { signIn, write } from './accounts.mjs';
import { Person } from './person.mjs';
import { until } from './until.mjs';

export class Agent extends Person {
  // Signs in and waits until the dashboard is live.
  static async signedIn(context, url, { email, password }) {
    const agent = new Agent(await context.newPage());
    agent.context = context;
    agent.url = url;
    agent.credentials = { email, password };
    await agent.page.goto(`${url}/login`);
    await agent.page.getByLabel('Email').fill(email);
    await agent.page.getByLabel('Password').fill(password);
    await agent.press('Sign in');
    await agent.live();
    return agent;
  }

  // Another tab of the same agent.
  async tab() {
    const other = new Agent(await this.context.newPage());
    Object.assign(other, { context: this.context, url: this.url });
    await other.page.goto(`${this.url}/dashboard`);
    await other.live();
    return other;
  }

  // The page's program runs and has its socket; a click before that would be lost.
  async live() {
    await this.page.waitForURL('**/dashboard**');
    await this.countsMore('sockets', 0);
  }

  async becomesReady() {
    await this.press('Ready');
    await this.sees('Pause');
  }

  // Opens the conversation in which this was written.
  async opens(text) {
    await this.page.getByText(text).first().click();
    await this.root.getByRole('textbox', { name: 'Message' }).waitFor();
  }

  // Writes to a visitor while the incoming call covers the conversation.
  async writes(visitor, text) {
    const { access_token: token } = await signIn(this.url, this.credentials);
    await write(this.url, visitor.session.topic, token, text);
  }

  // Waits until the visitor stands under this heading of the list.
  async lists(visitor, heading) {
    const row = `a[href$="chat=${visitor.session.session_id}"]`;
    const stands = ([selector, wanted]) => {
      let before = document.querySelector(selector);
      while (before && before.tagName !== 'H2') before = before.previousElementSibling;
      return before?.textContent.trim().startsWith(wanted) ?? false;
    };
    await until(this.page.mainFrame(), stands, [row, heading], { what: `${heading} above the visitor` });
  }

  // The visitor's conversation shows exactly one call, in these words.
  async sawOneCall(visitor, words = /^Call, \d+:\d\d/) {
    await this.page.locator(`a[href$="chat=${visitor.session.session_id}"]`).first().click();
    const records = this.page.getByRole('log', { name: 'Messages' }).getByText(words);
    await records.first().waitFor();
    assert.equal(await records.count(), 1, 'one call, one record');
  }
}
