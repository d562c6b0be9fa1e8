// The measuring program: how long a call takes to ring and to be heard, what the server needs, and
// what the widget's page weighs. `cargo xtask measure` runs it on a release build.
import { readFile } from 'node:fs/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { TONES, World } from '../end2end/harness/world.mjs';

const CALLS = Number(process.argv[2] ?? 10);
const CPU_MS = 10_000;

const world = await World.start();
const report = {};
try {
  // Without the memory that making the demo's passwords takes at the first start.
  await world.program.restart();
  report.server_idle = await serverUse(world.program.pid);
  const agent = await world.readyAgent(0, { stub: { script: watchPage } });
  const visitor = await world.visitor({ stub: { script: watchPage } });
  await visitor.opensChat();
  const [rings, heard] = [[], { visitor: [], agent: [] }];
  for (let round = 0; round < CALLS; round++) {
    const [theirs, mine] = [await visitor.frame(), await agent.frame()];
    await Promise.all([theirs, mine].map((frame) => frame.evaluate(() => (window.tincanTimes = {}))));
    await visitor.finds('Online, write or call');
    if (round === 0) await visitor.calls();
    else await visitor.press('Call again');
    await agent.rings();
    await agent.accept();
    await Promise.all([visitor.hears(TONES.firstAgent), agent.hears(TONES.visitor)]);
    if (round === 0) report.server_in_call = await serverUse(world.program.pid);
    const [from, to] = await Promise.all([theirs, mine].map((frame) => frame.evaluate(() => window.tincanTimes)));
    rings.push(to.dialog - from.call_request);
    heard.visitor.push(from.sound - to.accept);
    heard.agent.push(to.sound - to.accept);
    await visitor.press('Hang up');
    await visitor.sees('Call again');
    await agent.seesNo('Hang up');
  }
  report.call_request_to_dialog_ms = spread(rings);
  report.accept_to_sound_at_visitor_ms = spread(heard.visitor);
  report.accept_to_sound_at_agent_ms = spread(heard.agent);
  report.widget_page = await pageWeight(`${world.proxy.url}/widget/${world.demo.tenant_key}`);
} finally {
  await world.end();
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);

// Runs in every frame before its own scripts: notes when the request leaves, when the dialog is
// painted, when Accept is pressed and when the first sound is played. All on the machine's clock.
function watchPage() {
  window.tincanTimes = {};
  const note = (what) => (window.tincanTimes[what] ??= performance.timeOrigin + performance.now());
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === 'string' && data.includes('"call_request"')) note('call_request');
    return send.call(this, data);
  };
  addEventListener('click', (event) => event.target.closest('[role=alertdialog] button')?.textContent.includes('Accept') && note('accept'), true);
  new MutationObserver(() => {
    if (document.querySelector('[role=alertdialog]')) requestAnimationFrame(() => note('dialog'));
  }).observe(document, { childList: true, subtree: true, attributes: true });
  let ear = null;
  setInterval(() => {
    const stream = document.querySelector('#remote-audio')?.srcObject;
    if (!stream) return (ear = null);
    if (ear?.stream !== stream) {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(stream).connect(analyser);
      ear = { stream, analyser, samples: new Float32Array(analyser.fftSize) };
    }
    ear.analyser.getFloatTimeDomainData(ear.samples);
    if (ear.samples.some((sample) => Math.abs(sample) > 0.003)) note('sound');
  }, 5);
}

// Memory now, and the share of one processor over some seconds.
async function serverUse(pid) {
  const before = await cpuTicks(pid);
  await new Promise((resolve) => setTimeout(resolve, CPU_MS));
  const ticks = (await cpuTicks(pid)) - before;
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const resident = Number(status.match(/VmRSS:\s+(\d+)/)[1]);
  return { memory_mb: round(resident / 1024), cpu_percent: round((ticks * 10 * 100) / CPU_MS) };
}

// User and system time in ticks of 10 ms, after the name in brackets that may hold anything.
async function cpuTicks(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function pageWeight(url) {
  const body = Buffer.from(await (await fetch(url)).arrayBuffer());
  return { raw: body.length, gzip: gzipSync(body, { level: 9 }).length, brotli: brotliCompressSync(body).length };
}

function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return { median: round(sorted[Math.floor(sorted.length / 2)]), least: round(sorted[0]), most: round(sorted.at(-1)), calls: sorted.length };
}

function round(number) {
  return Math.round(number * 10) / 10;
}
