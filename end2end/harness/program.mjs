// The program under test: `tincan demo` on a data folder of its own, started, stopped and started again.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Program {
  #child;
  #exited;
  #lines = [];

  constructor({ directory, port, publicUrl, environment }) {
    Object.assign(this, { directory, port, publicUrl, environment });
  }

  // Starts a server on a free port of its own. With `publicUrl` it speaks of itself by that address.
  static async start({ publicUrl, environment = {} } = {}) {
    const directory = await mkdtemp(join(tmpdir(), 'tincan-test-'));
    const program = new Program({ directory, port: await freePort(), publicUrl, environment });
    await program.run();
    return program;
  }

  // Starts the server on the same data folder and the same port, and reads the line it prints when it is ready.
  async run() {
    const child = spawn(process.env.TINCAN_TEST_PROGRAM, ['demo', '--port', String(this.port), '--json', '--data-dir', this.directory], {
      env: {
        ...process.env,
        TINCAN__SITE_ROOT: process.env.TINCAN_TEST_SITE,
        ...(this.publicUrl ? { TINCAN__PUBLIC_URL: this.publicUrl } : {}),
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    createInterface({ input: child.stderr }).on('line', (line) => this.#lines.push(line));
    const ready = new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    const line = await Promise.race([ready, this.#exited.then(() => null)]);
    if (line === null) throw new Error(`tincan demo ended before it was ready:\n${this.log}`);
    this.demo = JSON.parse(line);
  }

  get pid() {
    return this.#child.pid;
  }

  // What the program wrote to standard error, over all its lives.
  get log() {
    return this.#lines.join('\n');
  }

  // Stops it by signal: SIGTERM drains, SIGKILL is a crash.
  async stop(signal = 'SIGTERM') {
    this.#child.kill(signal);
    return this.#exited;
  }

  async restart(signal) {
    await this.stop(signal);
    await this.run();
  }

  async end() {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

// A port that was free a moment ago. The server is started again on it, so it cannot be 0.
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
