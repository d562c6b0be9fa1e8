// What visitor and agent have in common: they find things by role and name, and they listen.
import { hears, hearsNothing, watchSound } from './tone.mjs';
import { until } from './until.mjs';

export class Person {
  // `root` is where this person's controls are: a page, or a frame in one.
  constructor(page) {
    this.page = page;
  }

  get root() {
    return this.page;
  }

  // The frame that plays the other side's sound.
  async frame() {
    return this.page.mainFrame();
  }

  button(name) {
    return this.root.getByRole('button', { name, exact: true });
  }

  async press(name) {
    await this.button(name).click();
  }

  // Waits for a button, and that it can be pressed.
  async sees(name) {
    await this.button(name).waitFor();
  }

  async seesNo(name) {
    await this.button(name).waitFor({ state: 'hidden' });
  }

  // Waits until a status region says what is asked for.
  async reads(words) {
    await this.root.getByRole('status').filter({ hasText: words }).first().waitFor();
  }

  // Waits until anything on the screen says it.
  async finds(words) {
    await this.root.getByText(words).first().waitFor();
  }

  timer() {
    return this.root.getByLabel('Call duration');
  }

  // The whole seconds the timer shows.
  async duration() {
    const text = await this.timer().innerText();
    const parts = text.match(/(\d+:)+\d+/)[0].split(':').map(Number);
    return parts.reduce((sum, part) => sum * 60 + part, 0);
  }

  // Waits until the timer shows so many seconds of the first minute.
  async talksFor(seconds) {
    const shows = (least) => {
      const text = document.querySelector('[aria-label="Call duration"]')?.textContent ?? '';
      return Number(text.match(/:(\d\d)/)?.[1] ?? 0) >= least;
    };
    await until(await this.frame(), shows, seconds, { what: `${seconds} s of talk` });
  }

  incoming() {
    return this.root.getByRole('alertdialog', { name: 'Incoming call' });
  }

  async rings() {
    await this.incoming().waitFor();
  }

  async stopsRinging() {
    await this.incoming().waitFor({ state: 'hidden' });
  }

  async accept() {
    await this.incoming().getByRole('button', { name: 'Accept', exact: true }).click();
  }

  // Accepts at a moment of the machine's clock, to the millisecond.
  async acceptsAt(instant) {
    const accept = this.incoming().getByRole('button', { name: 'Accept', exact: true });
    await accept.evaluate((button, when) => new Promise((done) => setTimeout(() => done(button.click()), when - Date.now())), instant);
  }

  async decline() {
    await this.incoming().getByRole('button', { name: 'Decline', exact: true }).click();
  }

  // Waits until this side is connected: the timer of the call stands on the screen.
  async connected() {
    await this.timer().waitFor();
  }

  // Ends a call of this person if there is one on the screen, so that the next test begins without it.
  async leavesCall() {
    if (this.page.isClosed()) return;
    for (const name of ['Hang up', 'Cancel']) {
      const button = this.button(name).first();
      if (!(await button.isVisible())) continue;
      await button.click();
      await button.waitFor({ state: 'hidden' });
    }
  }

  async says(text) {
    await this.root.getByRole('textbox', { name: 'Message' }).fill(text);
    await this.press('Send');
  }

  async hears(hz, options) {
    return hears(await this.frame(), hz, options);
  }

  async hearsNothing(options) {
    return hearsNothing(await this.frame(), options);
  }

  // Starts to watch that the tone goes on; the function it gives tells the longest silence in ms.
  async listensTo(hz) {
    return watchSound(await this.frame(), hz);
  }

  // A number the page counts: `sockets` opened so far, `resumed` after a loss.
  async counted(what) {
    const frame = await this.frame();
    return Number((await frame.evaluate((key) => document.documentElement.dataset[key], what)) ?? 0);
  }

  async countsMore(what, than) {
    const frame = await this.frame();
    const more = ([key, least]) => Number(document.documentElement.dataset[key] ?? 0) > least;
    await until(frame, more, [what, than], { what: `more than ${than} ${what}` });
  }
}
