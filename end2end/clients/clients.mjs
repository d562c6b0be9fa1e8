// The table of clients: unchanged, as npm and PyPI give them, pinned in `package-lock.json` and
// `requirements.txt`; how each is started, and what each lets its application see. Where it shows
// nothing, the scenarios assert something else and say so.
import * as latest from '@supabase/realtime-js';
import * as phoenix from 'phoenix';
import * as v2_109 from 'realtime-js-2.109';
import * as v2_15 from 'realtime-js-2.15';
import * as v2_90 from 'realtime-js-2.90';
import WebSocket from 'ws';
import { inPage } from './drivers/page.mjs';
import { start as startPhoenix } from './drivers/phoenix.mjs';
import { start as startPython } from './drivers/python.mjs';
import { start as startRealtime } from './drivers/realtime_js.mjs';

const realtime = (library, more) => (options, feed) => startRealtime(library, { transport: WebSocket, ...more, ...options }, feed);
const inNode = (options, feed) => startPhoenix(phoenix, { transport: WebSocket, ...options }, feed);

// What realtime-js shows. Milliseconds between attempts whose upgrade was refused are at least `backOff`.
const REALTIME = {
  // Shows the numbers of events, and which were replayed.
  meta: true,
  // Shows why an acknowledged push was refused: `send()` gives 'error', the code comes as `refused`.
  refusal: false,
  // What it does with a broadcast while the socket is down.
  whileDown: 'http',
  httpSend: true,
  // The only way to a token may be a callback.
  callback: true,
  backOff: [1_000, 2_000, 5_000],
};
const PHOENIX = { meta: true, refusal: true, whileDown: 'later', httpSend: 'own', callback: false, backOff: [10, 50, 100, 150, 200, 250, 500] };

// `browser` and `site` are needed by the clients in Chromium.
export function clients({ browser, site }) {
  return [
    { name: 'realtime-js 2.119.0, vsn 2.0.0', start: realtime(latest, { vsn: '2.0.0' }), ...REALTIME },
    { name: 'realtime-js 2.119.0, vsn 1.0.0', start: realtime(latest, { vsn: '1.0.0' }), ...REALTIME },
    { name: 'realtime-js 2.119.0, in Chromium', start: (...given) => inPage(browser(), site(), '@supabase/realtime-js', 'realtime_js')(...given), ...REALTIME },
    { name: 'realtime-js 2.109.0', start: realtime(v2_109), ...REALTIME },
    { name: 'realtime-js 2.90.1', start: realtime(v2_90), ...REALTIME },
    { name: 'realtime-js 2.15.1', start: realtime(v2_15), ...REALTIME, httpSend: false },
    { name: 'phoenix 1.8.16', start: inNode, ...PHOENIX },
    {
      name: 'phoenix 1.8.16, in Chromium, by authToken',
      start: (options, feed) => inPage(browser(), site(), 'phoenix', 'phoenix')({ ...options, authToken: true }, feed),
      ...PHOENIX,
    },
    {
      name: 'Python realtime 2.34.1',
      start: startPython,
      // Of `meta` it passes on the id only.
      meta: false,
      refusal: true,
      whileDown: 'later',
      httpSend: true,
      callback: false,
      backOff: [1_000, 2_000, 4_000],
    },
  ];
}
