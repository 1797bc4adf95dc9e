import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOrder, label, title } from '../../../../broker/http/page/markets.js'
import { game } from './a_game.mjs'

const outcome = (market, name, points = null) => ({ market, name, points })

test('codes read as words', () => {
  assert.deepEqual(['moneyline', 'player_runs_batted_in'].map(title), ['Moneyline', 'Player runs batted in'])
})

test('a head start has a sign, a total has none', () => {
  assert.deepEqual(
    [outcome('moneyline', 'Draw'), outcome('spreads', 'Denver Broncos', 3.5), outcome('spreads', 'Denver Broncos', -3),
      outcome('spreads', 'Denver Broncos', 0), outcome('totals', 'Over', 45.5), outcome('team_totals', 'Denver Broncos Under', 20.5)].map(label),
    ['Draw', 'Denver Broncos +3.5', 'Denver Broncos −3', 'Denver Broncos 0', 'Over 45.5', 'Denver Broncos Under 20.5'])
})

test('the main markets come first, and the two sides of a line stand together', () => {
  const listed = inOrder([
    outcome('team_totals', 'New York Jets Under', 20.5),
    outcome('team_totals', 'New York Jets Over', 20.5),
    outcome('team_totals', 'Denver Broncos Over', 24.5),
    outcome('totals', 'Under', 45.5),
    outcome('totals', 'Over', 45.5),
    outcome('totals', 'Over', 44),
    outcome('spreads', 'New York Jets', 2.5),
    outcome('spreads', 'New York Jets', 3),
    outcome('spreads', 'Denver Broncos', -2.5),
    outcome('spreads', 'Denver Broncos', -3),
    outcome('moneyline', 'New York Jets'),
    outcome('moneyline', 'Draw'),
    outcome('moneyline', 'Denver Broncos')
  ], game('a'))
  assert.deepEqual(listed.map(([market, outcomes]) => [market, ...outcomes.map(label)]), [
    ['moneyline', 'Denver Broncos', 'Draw', 'New York Jets'],
    ['spreads', 'Denver Broncos −3', 'New York Jets +3', 'Denver Broncos −2.5', 'New York Jets +2.5'],
    ['totals', 'Over 44', 'Over 45.5', 'Under 45.5'],
    ['team_totals', 'Denver Broncos Over 24.5', 'New York Jets Over 20.5', 'New York Jets Under 20.5']
  ])
})
