// What can be on the screen: a view, the channel that feeds it if any does, and what is asked over HTTP beside it.
import { Poll } from './polling.js'
import { Prices } from './prices.js'
import { ask } from './rest.js'
import { adminToken, key } from './session.js'
import { GameView } from './views/game.js'
import { KeyView } from './views/key.js'
import { OperatorView } from './views/operator.js'
import { Scoreboard } from './views/scoreboard.js'

const ALL_GAMES_MS = 30_000
// Plays and places make no event: they are looked up as often as somebody may read them.
const LIVE_GAMES_MS = 5_000
// So long may a withdrawn price, which makes no event either, still be shown.
const MARKETS_MS = 10_000
const STATUS_MS = 2_000
// Why there may be no prices.
const PROBLEMS = {
  403: 'This key is not for prices.',
  404: 'There is no such game, or it left a day after it was last observed.'
}

// paint: something is to be drawn. fail: a question was refused or got no answer.
export function scores ({ board, paint, fail }) {
  const state = { isComplete: false }
  const all = new Poll(ALL_GAMES_MS, async (signal) => {
    try {
      await lookAtAllGames(board, signal)
      state.isComplete = true
    } finally {
      paint()
    }
  }, fail)
  const live = new Poll(LIVE_GAMES_MS, async (signal) => {
    const { body, askedAt } = await askWithKey('v1/games/live', signal)
    board.take(body.games, askedAt)
    paint()
  }, fail)
  return { view: new Scoreboard(board), channel: 'live', polls: [all, live], state }
}

// name: the game's slug or game_id.
export function game (name, { board, paint, fail }) {
  const prices = new Prices(name)
  const state = { problem: null }
  const markets = new Poll(MARKETS_MS, async (signal) => {
    const { body, seq, askedAt } = await askWithKey(`v1/games/${encodeURIComponent(name)}/markets`, signal)
    board.take([body.game], askedAt)
    prices.take(body.markets, seq, askedAt, Date.now())
    state.problem = null
    paint()
  }, (error) => {
    state.problem = PROBLEMS[error.status] ?? null
    paint()
    fail(error)
  })
  return { view: new GameView({ board, prices, name }), channel: 'odds', polls: [markets], state, prices }
}

// Needs no key, and an admin token only for single subscribers.
export function operator ({ samples, hasAdmin }) {
  const view = new OperatorView({ samples, admin: hasAdmin ? { ask, token: adminToken } : null })
  const status = new Poll(STATUS_MS, async (signal) => {
    const { body } = await ask('status', { signal })
    view.show(body, Date.now())
  }, (error) => view.fail(error.message))
  return { view, channel: null, polls: [status], state: {} }
}

// take: gets the key that was entered.
export function welcome ({ problem, take }) {
  return { view: new KeyView({ problem, take }), channel: null, polls: [], state: {} }
}

const askWithKey = (path, signal) => ask(path, { token: key.get(), signal })

async function lookAtAllGames (board, signal) {
  const { body: { leagues }, askedAt } = await askWithKey('v1/leagues', signal)
  for (const league of leagues) board.leagueNames.set(league.pn_code, league.display_name)
  const paths = leagues.map((league) => `v1/leagues/${encodeURIComponent(league.pn_code)}/games`)
  const answers = await Promise.allSettled(paths.map((path) => askWithKey(path, signal)))
  signal.throwIfAborted()
  const silent = new Set(leagues.filter((_, at) => answers[at].reason).map((league) => league.pn_code))
  board.takeAll(answers.flatMap(({ value }) => value?.body.games ?? []), askedAt, silent)
  const refused = answers.find(({ reason }) => reason)
  if (refused) throw refused.reason
}
