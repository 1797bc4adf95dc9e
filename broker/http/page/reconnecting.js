// Whether and when to connect again (README, "Close codes"). Pure: chance is handed in.

// Ask for another key.
export const FORGET = 'forget'
// Come back only when somebody wants to.
export const LEAVE = 'leave'
// Come back at a random moment.
export const SPREAD = 'spread'
// Come back less and less often.
export const BACK_OFF = 'back off'

export const LONGEST_MS = 30_000
const FIRST_MS = 1_000
// A restart closes everybody at once: coming back is spread over this time.
const SPREAD_MS = 10_000
const CLOSES_ALL = new Set([1001, 1011, 1012])

// What a close asks for. 1008 is for other things too, which only its reason tells.
export function afterClose (code, reason) {
  if (code === 1008 && reason.startsWith('key revoked or expired')) return FORGET
  if (code === 1008 && reason.startsWith('closed by the operator')) return LEAVE
  return CLOSES_ALL.has(code) ? SPREAD : BACK_OFF
}

// How long to wait: 1 s doubling to 30 s, and of that a random part, at least half.
export function pauseMs (advice, failures, random) {
  if (advice === SPREAD) return random() * SPREAD_MS
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10))
  return longest * (1 + random()) / 2
}
