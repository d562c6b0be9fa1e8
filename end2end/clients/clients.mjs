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

// Why a join was refused, as the application is told it.
const REFUSED = { badToken: /InvalidJWTToken/, noToken: /No access token came/ };
// What realtime-js shows. Milliseconds between attempts whose upgrade was refused are at least `backOff`.
const REALTIME = {
  ...REFUSED,
  // Shows the numbers of events, and which were replayed.
  meta: true,
  // Shows why an acknowledged push was refused: `send()` gives 'error', the code comes as `refused`.
  refusal: false,
  // What it does with a broadcast while the socket is down.
  whileDown: 'http',
  httpSend: true,
  // The only way to a token may be a callback. Handed out after the answer to a join it is sent at
  // once; the releases that do not send it have it in their next join.
  callback: 'event',
  backOff: [1_000, 2_000, 5_000],
};
const PHOENIX = { ...REFUSED, meta: true, refusal: true, whileDown: 'later', httpSend: 'own', callback: null, backOff: [10, 50, 100, 150, 200, 250, 500] };

// `browser()` is where the clients in Chromium run.
export function clients(browser) {
  return [
    { name: 'realtime-js 2.119.0, vsn 2.0.0', start: realtime(latest, { vsn: '2.0.0' }), ...REALTIME },
    { name: 'realtime-js 2.119.0, vsn 1.0.0', start: realtime(latest, { vsn: '1.0.0' }), ...REALTIME },
    {
      name: 'realtime-js 2.119.0, in Chromium',
      page: true,
      start: (...given) => inPage(browser(), '@supabase/realtime-js', 'realtime_js')(...given),
      ...REALTIME,
    },
    { name: 'realtime-js 2.109.0', start: realtime(v2_109), ...REALTIME },
    { name: 'realtime-js 2.90.1', start: realtime(v2_90), ...REALTIME, callback: 'next join' },
    { name: 'realtime-js 2.15.1', start: realtime(v2_15), ...REALTIME, httpSend: false },
    { name: 'phoenix 1.8.16', start: inNode, ...PHOENIX },
    {
      name: 'phoenix 1.8.16, in Chromium, by authToken',
      page: true,
      start: (options, feed) => inPage(browser(), 'phoenix', 'phoenix')({ ...options, authToken: true }, feed),
      ...PHOENIX,
      // Then only a good token names the tenant, and nobody else comes in from a page of another origin.
      badToken: /connection_error/,
      noToken: /connection_error/,
    },
    {
      name: 'Python realtime 2.34.1',
      start: startPython,
      ...REFUSED,
      // Of `meta` it passes on the id only.
      meta: false,
      refusal: true,
      whileDown: 'later',
      httpSend: true,
      callback: null,
      backOff: [1_000, 2_000, 4_000],
    },
  ];
}
