// Drives Supabase's realtime-js as an application does: its public functions and nothing else. Runs in Node and in pages.

const STATES = { SUBSCRIBED: 'joined', CHANNEL_ERROR: 'error', TIMED_OUT: 'timed out', CLOSED: 'closed' };

// `callback`: the token is only ever handed out by an `accessToken` callback, after so many milliseconds.
export function start({ RealtimeClient }, { url, apikey, token, vsn, transport, callback }, feed) {
  let current = token;
  const handOut = () => new Promise((resolve) => setTimeout(() => resolve(current), callback));
  const client = new RealtimeClient(`${url.replace(/^http/, 'ws')}/realtime/v1`, {
    params: { apikey },
    logger: () => {},
    ...(vsn && { vsn }),
    ...(transport && { transport }),
    ...(callback !== undefined && { accessToken: handOut }),
  });
  const channels = new Map();
  return {
    async join(topic, { ack, self, key, presence, replay }) {
      // As Supabase's guide says for private channels: first the token, then the channel.
      if (callback === undefined) await client.setAuth(current);
      const config = { broadcast: { ack, self, ...(replay && { replay }) }, presence: { key, enabled: presence }, private: true };
      const channel = client.channel(topic, { config });
      channels.set(topic, channel);
      channel.on('broadcast', { event: '*' }, ({ event, payload, meta }) => {
        // The same object goes into the next join: where to go on after a drop.
        if (replay && meta?.seq !== undefined) replay.after_seq = meta.seq;
        feed(topic, 'heard', { event, payload, meta });
      });
      if (presence) channel.on('presence', { event: 'sync' }, () => feed(topic, 'presence', plain(channel.presenceState())));
      channel.subscribe((status, error) => feed(topic, 'told', { state: STATES[status], why: error?.message }));
    },
    async say(topic, event, payload) {
      return { status: await channels.get(topic).send({ type: 'broadcast', event, payload }) };
    },
    async post(topic, event, payload) {
      try {
        return { ok: (await channels.get(topic).httpSend(event, payload)).success };
      } catch (error) {
        return { ok: false, why: error.message };
      }
    },
    track: (topic, meta) => channels.get(topic).track(meta),
    untrack: (topic) => channels.get(topic).untrack(),
    async renew(fresh) {
      current = fresh;
      await client.setAuth(callback === undefined ? fresh : null);
    },
    leave: (topic) => channels.get(topic).unsubscribe(),
    stop: () => client.disconnect(),
  };
}

// Who is there, without the references that only the client itself needs.
function plain(state) {
  const metas = (all) => all.map(({ presence_ref: _ref, ...meta }) => meta);
  return Object.fromEntries(Object.entries(state).map(([key, all]) => [key, metas(all)]));
}
