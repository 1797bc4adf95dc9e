// The page: one screen at a time, one socket, and what is known of the games.
import { streamUrl } from './address.js'
import { Board } from './board.js'
import { CONNECTING, Feed } from './feed.js'
import { LAG_MS } from './joining.js'
import { ask } from './rest.js'
import * as routes from './routes.js'
import { Samples } from './samples.js'
import * as screens from './screens.js'
import { key } from './session.js'
import { Connection } from './views/connection.js'

const TICK_MS = 1_000
const RETRY_MS = 2_000
const UNAUTHORIZED = 401

const element = (id) => document.getElementById(id)
const main = element('main')
const config = await configuration()
const board = new Board()
const samples = new Samples()
const wiring = { board, samples, hasAdmin: config.admin, paint: paintSoon, fail: failed }
let screen = null
let isPainting = false

const connection = new Connection({
  state: element('connection'),
  announcement: element('announcement'),
  notice: element('notice'),
  retry: () => feed.retry()
})

const feed = new Feed({
  url: (channel) => streamUrl(location, config, channel, key.get()),
  frame: take,
  state: connectionChanged,
  refused: askKey,
  isKeyGood: () => isKeyGood(key.get()).catch(() => true)
})

// Nothing can be shown without it.
async function configuration () {
  for (;;) {
    try {
      return (await ask('config.json')).body
    } catch (error) {
      main.textContent = `The service can’t be asked: ${error.message}. Trying again…`
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

function take (frame) {
  const now = Date.now()
  board.apply(frame, now)
  screen.prices?.apply(frame, now)
  if (frame.type === 'lagged') connection.lagged(frame.dropped)
  // Teams and start are in no event.
  if (frame.type === 'new_game') screen.polls.forEach((poll) => poll.soon())
  paintSoon()
}

function connectionChanged (state) {
  connection.show(state)
  if (state.phase !== CONNECTING) join()
}

// Asks once the socket is open, so that all that happens after the answer is told (joining.js), and once more when any
// answer has all that happened before. Without the socket the answers are all there is.
function join () {
  const { polls } = screen
  polls.forEach((poll) => { poll.start(); poll.soon() })
  setTimeout(() => polls.forEach((poll) => poll.soon()), LAG_MS)
}

async function isKeyGood (key) {
  try {
    await ask('v1/sports', { token: key })
    return true
  } catch (error) {
    if (error.status === UNAUTHORIZED) return false
    throw error
  }
}

// Whatever else it is, the next turn may mend; the socket's own state tells whether the service is there.
function failed (error) {
  if (error.status === UNAUTHORIZED) askKey(error.message)
}

function askKey (reason) {
  key.forget()
  show(screens.welcome({ problem: reason && `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, take: tryKey }))
}

async function tryKey (entered) {
  try {
    if (!await isKeyGood(entered)) return askKey('this key is not accepted')
  } catch (error) {
    return askKey(`the service can’t be asked: ${error.message}`)
  }
  key.set(entered)
  openRoute()
}

function openRoute () {
  const { view, game } = routes.parse(location.hash)
  for (const link of document.querySelectorAll('[data-view]')) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  if (view === 'operator') show(screens.operator(wiring))
  else if (key.get() === null) askKey('')
  else show(view === 'game' ? screens.game(game, wiring) : screens.scores(wiring))
}

function show (next) {
  screen?.polls.forEach((poll) => poll.stop())
  screen?.view.leave?.()
  screen = next
  main.replaceChildren(screen.view.node)
  element('forget').hidden = key.get() === null
  if (screen.channel === null) {
    feed.stop()
    connection.hide()
    screen.polls.forEach((poll) => poll.start())
  } else {
    feed.follow(screen.channel)
    if (feed.phase !== CONNECTING) join()
  }
  paintSoon()
}

// All that comes within one frame of the screen is drawn at once.
function paintSoon () {
  if (isPainting) return
  isPainting = true
  requestAnimationFrame(() => {
    isPainting = false
    screen.view.paint({ ...screen.state, now: Date.now() })
    document.title = `${screen.view.title} · books-relayer`
  })
}

addEventListener('hashchange', () => {
  openRoute()
  scrollTo(0, 0)
  main.focus({ preventScroll: true })
})
addEventListener('online', () => feed.hurry())
element('skip').addEventListener('click', () => main.focus())
element('forget').addEventListener('click', () => askKey(''))
setInterval(() => { if (!document.hidden) screen.view.tick?.(Date.now()) }, TICK_MS)
openRoute()
