// Waits until a function that runs in a page says yes. Playwright's own `waitForFunction` needs
// `eval` there, which our pages forbid; and they are tested as they are.
import { setTimeout as pause } from 'node:timers/promises';

export async function until(frame, test, argument, { timeout = 15_000, every = 50, what = 'what was waited for' } = {}) {
  const began = Date.now();
  while (!(await frame.evaluate(test, argument))) {
    if (Date.now() - began > timeout) throw new Error(`${what} did not come within ${timeout} ms`);
    await pause(every);
  }
}
