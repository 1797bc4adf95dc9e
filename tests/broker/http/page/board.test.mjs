import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Board } from '../../../../broker/http/page/board.js'
import { LAG_MS } from '../../../../broker/http/page/joining.js'
import { event, game, price, score, snapshot } from './a_game.mjs'

const T0 = 1_000_000
const LATER = T0 + 10 * LAG_MS

function boardOf (...frames) {
  const board = new Board()
  for (const frame of frames) board.apply(frame, T0)
  return board
}

const seen = (board, id) => {
  const { status, scores } = board.games.get(id)
  return [status, scores.score_away, scores.score_home, scores.period, scores.clock]
}

test('events change what the snapshot said', () => {
  const board = boardOf(snapshot(game('a')), score('a', 7, 3), event('status_change', 'a', { old_status: 'live', new_status: 'final' }),
    event('game_final', 'a', { score_home: 3, score_away: 10 }))
  assert.deepEqual(seen(board, 'a'), ['final', 10, 3, 'Q2', '10:00'])
})

test('a game that only events tell of is known by its slug', () => {
  const board = boardOf(event('new_game', 'b'))
  assert.equal(board.games.get('b').status, 'unplayed')
  assert.equal(board.find('slug-of-b'), board.find('b'))
  assert.equal(board.find('c'), undefined)
})

test('a snapshot takes away games that are no longer played, and no others', () => {
  const board = boardOf(snapshot(game('a'), game('b')))
  board.take([game('c', { status: 'final' })], LATER)
  board.apply(snapshot(game('b')), LATER)
  assert.deepEqual([...board.games.keys()].sort(), ['b', 'c'])
})

test('an answer adds what makes no event to a game that was just told of, and changes nothing else of it', () => {
  const board = boardOf(snapshot(game('a')), score('a', 7, 3))
  board.take([game('a', { venue: 'Wembley', scores: { score_away: 0, last_play: 'Kick-off' } })], T0 + LAG_MS / 2)
  assert.deepEqual(seen(board, 'a'), ['live', 7, 3, 'Q2', '10:00'])
  assert.equal(board.games.get('a').venue, 'Wembley')
  assert.equal(board.games.get('a').scores.last_play, 'Kick-off')
})

test('an answer to a question that came later replaces what was told', () => {
  const board = boardOf(snapshot(game('a')), score('a', 7, 3))
  board.take([game('a', { scores: { score_away: 14 } })], LATER)
  assert.deepEqual(seen(board, 'a'), ['live', 14, 0, 'Q1', '15:00'])
})

test('after a new snapshot an answer counts more than what was told before it', () => {
  const board = boardOf(event('status_change', 'a', { old_status: 'live', new_status: 'final' }), snapshot())
  board.take([game('a', { status: 'ended' })], T0)
  assert.equal(board.games.get('a').status, 'ended')
})

test('an answer with all games takes away those that left, but not one that was just told of', () => {
  const board = boardOf(snapshot(game('a'), game('b')))
  board.apply(score('b', 1, 0), LATER)
  board.takeAll([game('c')], LATER, new Set())
  assert.deepEqual([...board.games.keys()], ['b', 'c'])
})

test('no answer takes away games of a league that did not answer, or of none', () => {
  const board = boardOf(snapshot(game('a'), game('ball', { pn_league_code: 'mlb' }), game('who-knows', { pn_league_code: null })))
  board.takeAll([], LATER, new Set(['mlb']))
  assert.deepEqual([...board.games.keys()], ['ball', 'who-knows'])
})

test('changes are told once', () => {
  const board = boardOf(snapshot(game('a'), game('b')))
  board.takeChanged()
  board.apply(score('b', 1, 0), T0)
  board.apply(price(120), T0)
  assert.deepEqual([...board.takeChanged()], ['b'])
  assert.equal(board.takeChanged().size, 0)
})

test('leagues with something live come first, and in each what is played, to come, and over, the latest of these first', () => {
  const board = new Board()
  board.leagueNames.set('mlb', 'Major League Baseball')
  board.takeAll([
    game('over-early', { status: 'final', start_date: '2025-10-12T10:00:00Z' }),
    game('over-late', { status: 'ended', start_date: '2025-10-12T11:00:00Z' }),
    game('soon', { status: 'unplayed' }),
    game('live-late'),
    game('live-early', { start_date: '2025-10-12T16:00:00Z' }),
    game('ball', { pn_league_code: 'mlb', status: 'unplayed' }),
    game('who-knows', { pn_league_code: null, status: 'final' })
  ], T0, new Set())
  assert.deepEqual(board.leagues().map(({ name, games }) => [name, ...games.map((one) => one.game_id)]), [
    ['NFL', 'live-early', 'live-late', 'soon', 'over-late', 'over-early'],
    ['Major League Baseball', 'ball'],
    ['Other games', 'who-knows']
  ])
})
