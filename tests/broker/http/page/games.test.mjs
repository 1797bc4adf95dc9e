import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFinished, matchName, situation, standing, teamName } from '../../../../broker/http/page/games.js'
import { game } from './a_game.mjs'

const NOON = Date.parse('2025-10-12T12:00:00')

test('a game is named by its teams, or by its slug while they are unknown', () => {
  assert.equal(matchName(game('a')), 'Denver Broncos at New York Jets')
  const unknown = { name: null, mascot: null, city: null }
  assert.equal(matchName(game('a', { home_team: unknown })), 'slug-of-a')
  assert.equal(matchName(game('a', { home_team: unknown, pn_slug: null })), 'a')
  assert.equal(teamName({ name: null, mascot: 'Jets', city: 'New York' }), 'Jets')
})

test('it stands at its clock, at its start, or is over', () => {
  const at = (changes) => standing(game('a', changes), NOON)
  assert.equal(at({}), 'Q1 · 15:00')
  assert.equal(at({ scores: { clock: null } }), 'Q1')
  assert.equal(at({ scores: { clock: null, period: null } }), 'Live')
  assert.equal(at({ status: 'final' }), 'Final')
  assert.equal(at({ status: 'ended' }), 'Ended')
  for (const date of [null, '', 'TBD']) assert.equal(at({ status: 'unplayed', start_date: date }), 'Soon')
  assert.match(at({ status: 'unplayed', start_date: '2025-10-12T19:30:00' }), /^0?7:30|^19:30/)
  assert.match(at({ status: 'unplayed', start_date: '2025-10-23T07:30:00' }), /23/)
})

test('what goes on is told while it is played', () => {
  const scores = { current_down_and_distance: '3rd & 5 at NYJ 32', last_play: 'Sacked' }
  assert.equal(situation(game('a', { scores })), '3rd & 5 at NYJ 32 · Sacked')
  assert.equal(situation(game('a', { scores, status: 'final' })), '')
  assert.equal(isFinished(game('a', { status: 'ended' })), true)
  assert.equal(isFinished(game('a')), false)
})
