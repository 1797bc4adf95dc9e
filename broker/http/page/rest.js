// Questions over HTTP, with the key or token that they need.

// The server's refusal, in its own words; `retryAfterMs` is 0 where it names no time.
class RefusedError extends Error {
  constructor (status, message, retryAfterMs) {
    super(message)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

// Gives {body, seq, askedAt}; seq is null for answers without market state.
export async function ask (path, { token = null, method = 'GET', signal } = {}) {
  const askedAt = Date.now()
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch(path, { method, headers, signal, cache: 'no-store' })
  const body = await response.json().catch(() => ({}))
  if (!response.ok) {
    const retryAfterMs = 1000 * (Number(response.headers.get('Retry-After')) || 0)
    throw new RefusedError(response.status, body.error ?? `the server answered ${response.status}`, retryAfterMs)
  }
  const seq = response.headers.get('X-Stream-Seq')
  return { body, seq: seq === null ? null : Number(seq), askedAt }
}
