// Ways in without a browser: what the widget and the dashboard ask for before they open a socket.
import { randomUUID } from 'node:crypto';

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

// `{session_id, visitor_id, token, expires_in, resume, topic, name}`
export function visitorSession(base, key, resume) {
  return post(`${base}/api/widget/sessions`, resume ? { key, resume } : { key });
}

// `{access_token, expires_in, user}`
export function signIn(base, { email, password }) {
  return post(`${base}/api/auth/login`, { email, password });
}

// The lobby's topic of whoever holds this token.
export function lobbyOf(token) {
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  return `tenant_${claims.tenant_id}`;
}

// Writes a line into a conversation by HTTP, as clients do that have no socket.
export async function write(base, topic, token, text) {
  const message = { topic, event: 'message', payload: { id: randomUUID(), text }, private: true };
  const response = await fetch(`${base}/realtime/v1/api/broadcast`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ messages: [message] }),
  });
  if (response.status !== 202) throw new Error(`writing was answered ${response.status} ${await response.text()}`);
}
