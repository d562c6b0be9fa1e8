// Ways in without a browser: what the widget and the dashboard ask for before they open a socket.

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
