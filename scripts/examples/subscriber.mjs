// Follows the games of books-relayer, and connects again by itself. In node:
//   npm install ws
//   BOOKS_RELAYER_KEY=pn_live_… node subscriber.mjs ws://127.0.0.1:8080/ws/odds
// In a browser: put the address and the key here and all of this into a <script type="module">.
const inNode = globalThis.process !== undefined
const url = inNode ? process.argv[2] : 'ws://127.0.0.1:8080/ws/odds'
const key = inNode ? process.env.BOOKS_RELAYER_KEY : 'pn_live_…'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
// A restart closes everybody at once: coming back is spread over this time.
const SPREAD_MS = 10_000
// A connection over which nothing came for so long, not even a pong, is dead.
const SILENCE_MS = 75_000
const FINAL_STATUSES = [400, 401, 403, 404]
// Like those statuses: the next connection would end the same way.
const FINAL_CODES = [1002, 1003, 1007, 1008, 1009]
const RESTART_CODES = [1001, 1011, 1012]

// The picture of now, by game_id: a snapshot replaces it, events change it.
const games = new Map()

function apply (message) {
  switch (message.type) {
    case 'snapshot':
      console.log(`snapshot: ${message.count} games`)
      games.clear()
      for (const game of message.games) change(game, { ...game.scores, status: game.status })
      break
    case 'new_game': return change(message, { status: 'unplayed' })
    case 'score_change': case 'game_final': return change(message, message)
    case 'status_change': return change(message, { status: message.new_status })
    case 'price_change':
      show(name(message), message.book, message.pn_market_type, message.outcome, message.points, message.old_price, '→',
        message.new_price)
      break
    case 'lagged':
      console.error(`${message.dropped} events dropped: a new snapshot follows`)
  }
}

function change (head, changes) {
  const game = { ...games.get(head.game_id), ...changes }
  games.set(head.game_id, game)
  show(name(head), game.score_away, '-', game.score_home, game.period, game.clock, game.status)
}

const name = (head) => head.pn_slug ?? head.game_id
const show = (...words) => console.log(words.filter((word) => word != null).join(' '))

// Node has a WebSocket like a browser's too, but only `ws` sends the key in a header and tells why the server refused.
// In a browser a wrong key looks like a server that isn't there.
const { WebSocket: Socket } = inNode ? await import('ws') : globalThis

function open () {
  const address = new URL(url)
  address.searchParams.set('on_lag', 'resync')
  if (inNode) return new Socket(address, { headers: { Authorization: `Bearer ${key}` } })
  address.searchParams.set('key', key)
  return new Socket(address)
}

// Subscribes; resolves when the connection has ended: why, whether for good, and how long to stay away at least.
function listen () {
  return new Promise((resolve) => {
    const socket = open()
    let heardAt = Date.now()
    const end = (problem, isFinal = false, leastMs = 0) => {
      clearInterval(pinging)
      socket.onmessage = null
      socket.close()
      resolve({ problem, isFinal, leastMs })
    }
    const pinging = setInterval(() => {
      if (Date.now() - heardAt > SILENCE_MS) end('silent')
      else if (socket.readyState === Socket.OPEN) socket.send('{"action":"ping"}')
    }, SILENCE_MS / 3)
    socket.onmessage = ({ data }) => {
      heardAt = Date.now()
      apply(JSON.parse(data))
    }
    // A close follows.
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => {
      const leastMs = RESTART_CODES.includes(code) ? Math.random() * SPREAD_MS : 0
      end(`closed: ${code} ${reason}`, FINAL_CODES.includes(code), leastMs)
    }
    // Of `ws` only.
    socket.on?.('unexpected-response', (_request, response) => {
      const status = response.statusCode
      const leastMs = 1_000 * (Number.parseInt(response.headers['retry-after']) || 0)
      let body = ''
      response.on('data', (chunk) => { body += chunk }).on('error', () => {})
      response.on('close', () => end(`refused: ${status} ${body}`, FINAL_STATUSES.includes(status), leastMs))
    })
  })
}

for (let failures = 1; ; failures++) {
  const began = Date.now()
  const { problem, isFinal, leastMs } = await listen()
  if (isFinal) {
    console.error(problem)
    if (inNode) process.exitCode = 1
    break
  }
  if (Date.now() - began > LONGEST_PAUSE_MS) failures = 1
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
  const pauseMs = Math.max(leastMs, longest * (1 + Math.random()) / 2)
  console.error(`${problem}; connecting again in ${(pauseMs / 1000).toFixed(1)} s`)
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}
