// Drives Phoenix's own client as an application does. Runs in Node and in pages.

// `authToken`: the token goes into the subprotocol, and nothing of it into the address or the join.
export function start({ Socket, Presence }, { url, apikey, token, transport, authToken }, feed) {
  let current = token;
  const socket = new Socket(`${url.replace(/^http/, 'ws')}/realtime/v1`, {
    ...(transport && { transport }),
    ...(authToken ? { authToken: () => current } : { params: { apikey } }),
  });
  socket.connect();
  const channels = new Map();
  const asked = new Map();
  const reply = (push) =>
    new Promise((resolve) =>
      push
        .receive('ok', (response) => resolve({ status: 'ok', response }))
        .receive('error', (response) => resolve({ status: 'error', response }))
        .receive('timeout', () => resolve({ status: 'timed out' })),
    );
  return {
    async join(topic, { ack, self, key, presence, replay }) {
      const config = { broadcast: { ack, self, ...(replay && { replay }) }, presence: { key, enabled: presence }, private: true };
      const channel = socket.channel(`realtime:${topic}`, () => (authToken ? { config } : { config, access_token: current }));
      channels.set(topic, channel);
      asked.set(topic, ack);
      const tell = (state, why) => feed(topic, 'told', { state, why });
      channel.on('broadcast', ({ event, payload, meta }) => {
        if (replay && meta?.seq !== undefined) replay.after_seq = meta.seq;
        feed(topic, 'heard', { event, payload, meta });
      });
      if (presence) {
        const present = new Presence(channel);
        present.onSync(() => feed(topic, 'presence', plain(present.state)));
      }
      channel.onError((why) => tell('error', JSON.stringify(why)));
      channel.onClose(() => tell('closed'));
      channel
        .join()
        .receive('ok', () => tell('joined'))
        .receive('error', ({ reason }) => tell('error', reason))
        .receive('timeout', () => tell('timed out'));
    },
    async say(topic, event, payload) {
      const push = channels.get(topic).push('broadcast', { type: 'broadcast', event, payload });
      return asked.get(topic) ? reply(push) : { status: 'ok' };
    },
    // It has no way over HTTP: this is the application's own request.
    async post(topic, event, payload) {
      const response = await fetch(`${url}/realtime/v1/api/broadcast/${topic}/events/${event}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${current}` },
        body: JSON.stringify(payload),
      });
      return response.status === 202 ? { ok: true } : { ok: false, why: (await response.json()).error };
    },
    track: async (topic, payload) => (await reply(channels.get(topic).push('presence', { type: 'presence', event: 'track', payload }))).status,
    untrack: async (topic) => (await reply(channels.get(topic).push('presence', { type: 'presence', event: 'untrack' }))).status,
    async renew(fresh) {
      current = fresh;
      const joined = [...channels.values()].filter((channel) => channel.state === 'joined');
      for (const channel of joined) channel.push('access_token', { access_token: fresh });
      if (!authToken || joined.length) return;
      // The token that came with the socket has ended: another needs another socket.
      await new Promise((resolve) => socket.disconnect(resolve));
      socket.connect();
    },
    leave: async (topic) => (await reply(channels.get(topic).leave())).status,
    stop: () => socket.disconnect(),
  };
}

// Who is there, without the references that only the client itself needs.
function plain(state) {
  const metas = (all) => all.map(({ phx_ref: _ref, phx_ref_prev: _prev, ...meta }) => meta);
  return Object.fromEntries(Object.entries(state).map(([key, { metas: all }]) => [key, metas(all)]));
}
