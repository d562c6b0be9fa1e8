// A visitor on the demo's sample site, with the widget in its frame.
import { Person } from './person.mjs';

export class Visitor extends Person {
  // Opens the sample site; the chat stays closed.
  static async on(context, url) {
    const visitor = new Visitor(await context.newPage());
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

  // From the chat to ringing, without the microphone test.
  async calls() {
    await this.press('Call');
    await this.press('Skip test');
    await this.reads(/ringing/i);
  }
}
