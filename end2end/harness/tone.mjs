// What each fake microphone plays, and how a test hears it on the other side.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.mjs';

const RATE = 48000;
let folder = null;

// Writes a WAV with a tone. It comes in beats: browsers take an unchanging tone for noise and
// remove it. Whole beats of whole periods, so that the loop has no seam.
export async function toneFile(hz) {
  const samples = RATE * 4;
  const data = Buffer.alloc(samples * 2);
  for (let index = 0; index < samples; index++) {
    const second = index / RATE;
    const beat = 0.5 - 0.5 * Math.cos(2 * Math.PI * 3 * second);
    const value = Math.sin(2 * Math.PI * hz * second) * 0.5 * beat;
    data.writeInt16LE(Math.round(value * 32767), index * 2);
  }
  folder ??= mkdtemp(join(tmpdir(), 'tincan-tones-'));
  const file = join(await folder, `${hz}.wav`);
  await writeFile(file, Buffer.concat([wavHeader(data.length), data]));
  return file;
}

// Removes the tones of this process.
export async function removeTones() {
  if (folder) await rm(await folder, { recursive: true, force: true });
  folder = null;
}

function wavHeader(length) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // one channel
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(length, 40);
  return header;
}

// Waits until the page plays the tone of `hz`: the loudest frequency of what its audio element plays.
export async function hears(frame, hz, options) {
  try {
    await until(frame, listen, { hz, silence: false }, options);
  } catch (error) {
    const last = await frame.evaluate(() => window.tincanEar?.last);
    throw new Error(`${hz} Hz was not heard; last heard: ${JSON.stringify(last)}`, { cause: error });
  }
}

// Waits until the page has played nothing audible for a second.
export function hearsNothing(frame, options) {
  return until(frame, listen, { silence: true }, { what: 'silence', ...options });
}

// Watches that the tone never falls silent for longer than a beat's trough: gives a function that
// tells the longest silence since the watch began, in milliseconds.
export async function watchSound(frame, hz) {
  await hears(frame, hz);
  await frame.evaluate(() => {
    const watch = { heard: performance.now(), longest: 0 };
    window.tincanWatch = watch;
    watch.timer = setInterval(() => {
      const { analyser } = window.tincanEar;
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      const now = performance.now();
      if (Math.max(...samples) > 0.01) watch.heard = now;
      watch.longest = Math.max(watch.longest, now - watch.heard);
    }, 20);
  });
  return () =>
    frame.evaluate(() => {
      clearInterval(window.tincanWatch.timer);
      return Math.round(window.tincanWatch.longest);
    });
}

// Runs in the page. True once what is asked for is so.
function listen({ hz, silence }) {
  const element = document.querySelector('#remote-audio');
  const stream = element?.srcObject;
  const playing = stream && !element.paused && !element.muted && element.volume > 0;
  let ear = window.tincanEar;
  if (playing && ear?.stream !== stream) {
    ear?.context.close();
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(stream).connect(analyser);
    ear = window.tincanEar = { stream, context, analyser, quietSince: null };
  }
  if (!playing || !ear) return silence;
  if (ear.context.state === 'suspended') ear.context.resume();

  const levels = new Float32Array(ear.analyser.frequencyBinCount);
  ear.analyser.getFloatFrequencyData(levels);
  let peak = 0;
  for (let bin = 1; bin < levels.length; bin++) if (levels[bin] > levels[peak]) peak = bin;
  const width = ear.context.sampleRate / ear.analyser.fftSize;
  ear.last = { hz: peak * width, level: levels[peak] };

  const loud = levels[peak] > -70;
  if (!silence) return loud && Math.abs(peak * width - hz) <= 2 * width;
  if (loud) ear.quietSince = null;
  else ear.quietSince ??= performance.now();
  return ear.quietSince !== null && performance.now() - ear.quietSince > 1000;
}
