// Tincan loader: puts the launcher on a page and, at the visitor's first act, the widget's frame.
// Before that act it stores nothing and makes one request.
(() => {
  'use strict';
  const tag = document.currentScript || document.querySelector('script[data-tenant][src*="/embed.js"]');
  const before = window.Tincan;
  if (before?.loaded) return before('boot', { key: tag?.dataset.tenant });
  const home = new URL(tag?.src || location).origin;
  const handlers = {};
  let key, config, host, root, button, label, badge, frame, data, ticker;
  let wanted, live, call, greeted, open, hidden, unread = 0, waiting = [];

  // Storage may throw; the memory of this page has to do then.
  const stored = (store, change) => {
    const name = 'tincan:' + key;
    try {
      const place = window[store];
      if (!change) return JSON.parse(place.getItem(name));
      if (change === 'none') place.removeItem(name);
      else place.setItem(name, JSON.stringify(change));
    } catch {}
  };
  const local = 'localStorage', session = 'sessionStorage';
  const mine = () => live === 'talk' || live === 'ring';
  // `resume` and the running call are the visitor's, in all tabs; leg and openness are this tab's.
  const keep = (change) => {
    Object.assign(data, mine() && { at: Date.now() }, change);
    stored(local, { resume: data.resume, call: data.call, at: data.at });
    stored(session, { leg: data.leg, open });
  };

  const emit = (name, detail) => handlers[name]?.forEach((fn) => {
    try { fn(detail); } catch (error) { setTimeout(() => { throw error; }); }
  });
  const fail = (code, message, retryable = false) => {
    console.warn('Tincan: ' + message);
    emit('error', { code, message, retryable });
  };
  const tell = (type, more) => {
    const message = { tincan: type, ...more };
    if (greeted) frame.contentWindow.postMessage(message, home);
    else if (frame) waiting.push(message);
  };

  const sheet = `:host{all:initial;--h:218;--c:.1;--b:#00647d;--b2:#00566e;--s:#002731;--s2:#093944;
position:fixed;z-index:2147483000;inset-block-end:calc(20px + env(safe-area-inset-bottom));inset-inline-end:20px;
font:640 15px/1 system-ui,sans-serif}
:host([hidden]),[hidden]{display:none!important}
@supports (color:oklch(0 0 0)){:host{--k:min(var(--c),.16);--b:oklch(.46 var(--k) var(--h));--b2:oklch(.41 var(--k) var(--h));--s:oklch(.25 calc(var(--k)*.5) var(--h));--s2:oklch(.32 calc(var(--k)*.52) var(--h))}}
button{all:unset;box-sizing:border-box;position:relative;display:flex;align-items:center;justify-content:center;gap:10px;height:60px;min-width:60px;padding:0 15px;border-radius:30px;cursor:pointer;
background:var(--b);color:#fff;box-shadow:0 1px 2px rgb(0 0 0/.18),0 10px 28px -6px rgb(0 0 0/.34);transition:background .2s,transform .2s;font-variant-numeric:tabular-nums}
button:hover{background:var(--b2);transform:translateY(-2px)}button:active{transform:scale(.96)}
button:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 6px var(--b)}
.live{background:var(--s);padding:0 22px 0 18px}.live:hover{background:var(--s2)}
svg{width:30px;height:30px;fill:none;stroke:currentColor;stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
.live svg{width:24px}.m,.p,.live .k{display:none}.talk .m,.back .p{display:block}
.k path+path,.p{fill:currentColor}.k path:first-child{transform-origin:50% 60%;transition:transform .34s cubic-bezier(.3,1.35,.5,1)}
button:hover path:first-child,[aria-expanded=true] path:first-child{transform:translateY(-1px)}
b{position:absolute;inset-block-start:-2px;inset-inline-end:-2px;min-width:22px;line-height:22px;border-radius:11px;text-align:center;font-size:11px;background:#c62a30}
iframe{position:fixed;border:0;inset-block-end:calc(92px + env(safe-area-inset-bottom));inset-inline-end:20px;width:380px;height:min(640px,100dvh - 112px);border-radius:20px;background:#fff;color-scheme:normal;
box-shadow:0 0 0 1px rgb(10 30 40/.1),0 18px 44px -8px rgb(10 30 40/.28);transform-origin:100% 100%;transition:opacity .34s,transform .34s cubic-bezier(.2,.8,.2,1)}
.off{visibility:hidden;opacity:0;transform:translateY(12px) scale(.96);transition:opacity .2s,visibility .2s,transform 0s .2s}
@media (prefers-color-scheme:dark){iframe{background:#121718}}
@media (max-width:667px){iframe{inset:0;width:100%;height:100dvh;border-radius:0}.open button{display:none}}
@media (prefers-reduced-motion){*{transition-duration:1ms!important}}
@media (forced-colors:active){button,iframe{border:2px solid}}
@media print{:host{display:none}}`;

  const element = (name, attributes, ...children) => {
    const made = document.createElementNS('http://www.w3.org/' + (attributes ? '2000/svg' : '1999/xhtml'), name);
    for (const at in attributes) made.setAttribute(at, attributes[at]);
    made.append(...children);
    return made;
  };
  const icon = (name, size, ...paths) => element('svg', { class: name, viewBox: `0 0 ${size} ${size}`, 'aria-hidden': true },
    ...paths.map((d) => element('path', { d })));

  const build = () => {
    host = element('tincan-widget');
    // Beside <body>: frameworks that swap the body then leave a call alone.
    document.documentElement.append(host);
    root = host.attachShadow({ mode: 'open' });
    // A constructed sheet needs no 'unsafe-inline' in the host page's policy.
    const style = new CSSStyleSheet();
    style.replaceSync(sheet);
    root.adoptedStyleSheets = [style];
    host.style.setProperty('--h', config.theme.hue);
    host.style.setProperty('--c', config.theme.chroma);
    host.hidden = hidden;
    label = element('span');
    badge = element('b');
    button = element('button', 0,
      icon('k', 28, 'M5.7 16.8C8 24.4 20 24.4 22.3 16.8', 'M4 6h3.6v5.6H4zM20.4 6H24v5.6h-3.6z'),
      icon('m', 24, 'M1 12c2-9 4-9 6 0s4 9 6 0 3-7 5 0 3 2 5 0'),
      icon('p', 24, 'M5 4h4l1.5 4.5-2 1.8a12 12 0 0 0 5.2 5.2l1.8-2L20 15v4c-8 2-17-7-15-15z'), label, badge);
    button.type = 'button';
    button.onclick = () => (live === 'back' ? show({ act: 'return' }) : open ? close() : show());
    root.append(element('div', 0, button));
    root.onkeydown = (event) => event.key === 'Escape' && close();
    paint();
  };

  const paint = () => {
    if (!button) return;
    clearInterval(ticker);
    const back = live === 'back', busy = mine() && !open;
    const tick = () => {
      const s = Math.max(0, Date.now() - call.since) / 1000 | 0;
      label.textContent = (s / 60 | 0) + ':' + String(s % 60).padStart(2, 0);
    };
    button.className = back ? 'live back' : busy ? 'live talk' : '';
    label.textContent = back ? 'Return to your call' : busy ? 'Calling…' : open ? '' : config.theme.launcher || '';
    if (busy && call.since) { tick(); ticker = setInterval(tick, 1e3); }
    label.hidden = !label.textContent;
    badge.textContent = unread;
    badge.hidden = !unread;
    button.ariaExpanded = !!open;
    button.ariaLabel = back ? label.textContent : open ? 'Close chat'
      : 'Open chat' + (busy ? ', call in progress' : unread ? `, ${unread} new` : label.hidden ? '' : ', ' + label.textContent);
    button.parentNode.className = open ? 'open' : '';
    if (frame) frame.className = open ? '' : 'off';
  };

  // `allow` counts only when the frame is made, so all it may ever need stands there at once.
  const embed = () => {
    if (frame) return;
    frame = element('iframe');
    frame.title = 'Chat with ' + config.name;
    frame.allow = 'microphone; autoplay; speaker-selection' + (config.features.video_enabled ? '; camera' : '');
    frame.className = 'off';
    frame.src = `${home}/widget/${encodeURIComponent(key)}#${location.origin}`;
    button.before(frame);
  };
  const show = (more, quiet) => {
    if (!config) { wanted = () => show(more); return; }
    embed();
    if (!open) {
      open = true;
      unread = 0;
      frame.offsetWidth; // the closed look is laid out first, so that opening moves
      emit('open');
    }
    paint();
    keep();
    if (!quiet) frame.focus();
    tell('shown', { open, quiet, ...more });
  };
  const close = () => {
    wanted = 0;
    if (!open) return;
    open = false;
    paint();
    keep();
    tell('shown', { open });
    button.focus();
    emit('close');
  };

  const heard = {
    // The widget runs: first what it must know, then what was asked meanwhile.
    hello() {
      greeted = true;
      tell('init', { resume: data.resume, leg: data.leg, open, page: location.origin + location.pathname });
      waiting.splice(0).forEach(({ tincan, ...more }) => tell(tincan, more));
      emit('ready');
    },
    resume({ resume }) { keep({ resume }); },
    close,
    show() { show({}, 1); },
    unread({ count }) { unread = open ? 0 : count; paint(); },
    // live: 'ring', 'talk', 'back' (waits to be picked up), 'else' (in another tab), or nothing.
    call(message) {
      call = message;
      live = call.live;
      keep({ call: live && call.id, leg: call.leg });
      paint();
    },
    event({ name, detail }) { emit(name, detail); },
  };

  addEventListener('message', ({ data: message, source, origin }) => {
    if (!frame || source !== frame.contentWindow || origin !== home) return;
    if (Object.hasOwn(heard, message?.tincan)) heard[message.tincan](message);
  });
  // Another tab exchanged the token: this tab's copy would soon be stale.
  addEventListener('storage', (event) => {
    if (!key || event.key !== 'tincan:' + key) return;
    Object.assign(data, stored(local));
    if (greeted) tell('resume', { resume: data.resume });
  });
  addEventListener('pagehide', (event) => {
    if (!frame) return;
    keep();
    tell('leave', { persisted: event.persisted });
  });
  addEventListener('pageshow', (event) => event.persisted && tell('shown', { open }));
  // A page that dies without a word is found again.
  setInterval(() => mine() && keep(), 15e3);

  const commands = {
    boot(options) {
      const asked = options?.key || tag?.dataset.tenant;
      if (!asked || asked === key) return;
      if (key) return fail('wrong-state', 'one tenant at a time: shutdown before another boot');
      key = asked;
      const mind = data = { ...stored(local), ...stored(session) };
      fetch(`${home}/api/widget/config?key=${encodeURIComponent(key)}`, { credentials: 'omit' })
        .then(async (reply) => {
          const body = await reply.json();
          if (data !== mind) return;
          if (!reply.ok) throw Object.assign(Error(body.detail || body.title), body);
          config = { theme: {}, ...body };
          build();
          emit('availability', { agent_status: config.agent_status, voice_enabled: config.features.voice_enabled });
          // In a call a moment ago: the widget says whether there is a way back.
          if (data.call && Date.now() - data.at < 12e4) {
            if (data.leg) live = 'back';
            embed();
            if (data.leg && data.open) show({}, 1);
            paint();
          }
          wanted && wanted();
        })
        .catch((error) => {
          if (data !== mind) return;
          key = 0;
          fail(error.code || 'unavailable', 'no chat here: ' + error.message, !error.code);
        });
    },
    shutdown() {
      if (!key) return;
      tell('shutdown');
      clearInterval(ticker);
      stored(local, 'none');
      stored(session, 'none');
      // Unseen for a moment, so that it can hang up.
      const gone = host;
      if (gone) gone.hidden = true;
      setTimeout(() => gone?.remove(), 1e3);
      key = data = config = host = button = frame = live = greeted = open = wanted = unread = 0;
      waiting = [];
    },
    open() { show(); },
    close,
    show() { hidden = false; if (host) host.hidden = false; },
    hide() { close(); hidden = true; if (host) host.hidden = true; },
    call() { show({ act: 'call' }); },
    hangup() { tell('hangup'); },
    identify() { fail('not-entitled', 'signed identities are not part of this plan'); },
    on(name, fn) {
      (handlers[name] ||= new Set()).add(fn);
      return () => commands.off(name, fn);
    },
    off(name, fn) { handlers[name]?.delete(fn); },
  };

  const Tincan = window.Tincan = (command, ...rest) =>
    Object.hasOwn(commands, command) ? commands[command](...rest) : fail('bad-request', 'no command ' + command);
  Tincan.loaded = true;
  before?.q?.forEach((args) => Tincan(...args));
  commands.boot();
})();
