// The Python client in a process of its own, in a virtual environment made from `requirements.txt`.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
let environment;

// Starts one client.
export async function start({ url, apikey, token }, feed) {
  environment ??= prepare();
  const child = spawn(`${await environment}/bin/python`, [here('./python_client.py'), JSON.stringify({ url, apikey, token })], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  let next = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error, topic, kind, value } = JSON.parse(line);
    if (id === undefined) return feed(topic, kind, value);
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  });
  const gone = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the Python client ended'));
  });
  const command = (name) => (...given) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ id, do: name, arguments: given })}\n`);
    });
  const driver = Object.fromEntries(['join', 'say', 'post', 'track', 'untrack', 'renew', 'leave'].map((name) => [name, command(name)]));
  driver.stop = async () => {
    child.stdin.end();
    child.kill();
    await gone;
  };
  // It is there when it answers.
  await driver.renew(token);
  return driver;
}

// The environment for these exact requirements; made once, beside the npm packages.
async function prepare() {
  const requirements = here('../requirements.txt');
  const made = createHash('sha256').update(await readFile(requirements)).digest('hex').slice(0, 12);
  const folder = here(`../../node_modules/.python/${made}`);
  if (await stat(folder).catch(() => null)) return folder;
  await mkdir(here('../../node_modules/.python'), { recursive: true });
  const fresh = `${folder}.${process.pid}`;
  try {
    await run('python3', ['-m', 'venv', fresh]);
    await run(`${fresh}/bin/python`, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary=:all:', '-r', requirements]);
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw new Error(`the Python client could not be installed (Python 3.11 or newer with venv is needed): ${error.stderr || error.message}`);
  }
  return folder;
}
