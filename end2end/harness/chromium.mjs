// Browsers: one for each fake microphone, since a browser has one.
import { chromium } from 'playwright-core';
import { toneFile } from './tone.mjs';

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Several windows share one small machine; a hidden one must keep its timers.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

// What a microphone can be: a tone, none at all, or one nobody may use.
const MICROPHONES = {
  tone: async (hz) => [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${await toneFile(hz)}`,
  ],
  none: async () => ['--use-fake-ui-for-media-stream'],
  denied: async () => ['--use-fake-device-for-media-stream', '--deny-permission-prompts'],
};

export async function launch({ tone, microphone = 'tone', autoplay = 'no-user-gesture-required', flags = [] }) {
  return chromium.launch({
    executablePath: process.env.TINCAN_TEST_CHROMIUM,
    headless: true,
    args: [...QUIET, `--autoplay-policy=${autoplay}`, ...(await MICROPHONES[microphone](tone)), ...flags],
  });
}
