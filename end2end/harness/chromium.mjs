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

// Pages that a test answers itself have no address: the browser would take them for the internet,
// and ask before they may reach this machine.
const SWITCHED_OFF = ['LocalNetworkAccessChecks'];
// Without a store of its own, a frame of another site has none at all.
const STORAGE = { partitioned: [], blocked: ['ThirdPartyStoragePartitioning'] };

export async function launch({ tone, microphone = 'tone', autoplay = 'no-user-gesture-required', storage = 'partitioned' }) {
  const off = [...SWITCHED_OFF, ...STORAGE[storage]];
  return chromium.launch({
    executablePath: process.env.TINCAN_TEST_CHROMIUM,
    headless: true,
    args: [...QUIET, `--disable-features=${off}`, `--autoplay-policy=${autoplay}`, ...(await MICROPHONES[microphone](tone))],
  });
}
