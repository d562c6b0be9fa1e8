// A visitor on the demo's sample site, with the widget in its frame.
import { write } from './accounts.mjs';
import { Person } from './person.mjs';

export class Visitor extends Person {
  // Opens the sample site; the chat stays closed.
  static async on(context, url) {
    const visitor = new Visitor(await context.newPage());
    visitor.#remembersSession();
    await visitor.page.goto(url);
    return visitor;
  }

  get root() {
    return this.page.frameLocator('iframe[src*="/widget/"]');
  }

  async frame() {
    const handle = await this.page.locator('iframe[src*="/widget/"]').elementHandle();
    return handle.contentFrame();
  }

  async opensChat() {
    await this.page.getByRole('button', { name: /^Open chat/ }).click();
    await this.root.getByRole('textbox', { name: 'Message' }).waitFor();
  }

  // What the widget was given when it opened its conversation, as it went over the wire.
  #remembersSession() {
    this.page.on('response', async (response) => {
      if (response.request().method() === 'POST' && response.url().endsWith('/api/widget/sessions') && response.ok()) {
        this.session = await response.json();
        this.base = new URL(response.url()).origin;
      }
    });
  }

  // Writes into the conversation while the call covers the chat.
  writes(text) {
    return write(this.base, this.session.topic, this.session.token, text);
  }

  // Looks at the chat beside the call, and back.
  async findsInChat(words) {
    await this.press('Chat');
    await this.finds(words);
    await this.root.getByRole('button', { name: /^Back to the call/ }).click();
  }

  // From the chat to ringing, without the microphone test, as soon as the widget says that somebody is there.
  async calls() {
    await this.finds('Online, write or call');
    await this.press('Call');
    await this.press('Skip test');
    await this.reads(/ringing/i);
  }
}
