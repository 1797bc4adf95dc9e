// Games and events as the contract has them, for the tests of what folds them.
export function game (id, changes = {}) {
  const { scores, ...own } = changes
  return {
    game_id: id,
    pn_slug: `slug-of-${id}`,
    pn_league_code: 'nfl',
    start_date: '2025-10-12T17:00:00Z',
    status: 'live',
    home_team: { name: 'New York Jets' },
    away_team: { name: 'Denver Broncos' },
    ...own,
    scores: { score_home: 0, score_away: 0, period: 'Q1', clock: '15:00', last_play: null, current_down_and_distance: null, ...scores }
  }
}

export const snapshot = (...games) => ({ type: 'snapshot', channel: 'live', ts: 1, count: games.length, games })

export const event = (type, id, fields = {}) => ({ type, game_id: id, pn_slug: `slug-of-${id}`, pn_league_code: 'nfl', ts: 1, ...fields })

export const score = (id, away, home, clock = '10:00') =>
  event('score_change', id, { score_home: home, score_away: away, period: 'Q2', clock })

export const price = (newPrice, fields = {}) => event('price_change', 'a', {
  pn_market_type: 'moneyline', book: 'BetMGM', outcome: 'Denver Broncos', old_price: null, new_price: newPrice, points: null, ...fields
})
