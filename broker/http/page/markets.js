// How a game's market types and outcomes are named and ordered for people. Pure.
import { plain, signed } from './american.js'

// Those that people look for first; the others follow by name.
const FIRST = ['moneyline', 'spreads', 'totals']
const OVER_UNDER = /(^| )(over|under)$/i

export function title (market) {
  const words = market.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

// `Denver Broncos −3.5`, but `Over 45.5`: only a head start has a sign.
export function label ({ name, points }) {
  if (points === null) return name
  return `${name} ${OVER_UNDER.test(name) ? plain(points) : points === 0 ? '0' : signed(points)}`
}

// [market type, its outcomes], both in order.
export function inOrder (outcomes, game) {
  const markets = new Map()
  for (const outcome of outcomes) {
    if (!markets.has(outcome.market)) markets.set(outcome.market, [])
    markets.get(outcome.market).push(outcome)
  }
  for (const listed of markets.values()) listed.sort((one, other) => compareOutcomes(one, other, game))
  return [...markets].sort(([one], [other]) => place(one) - place(other) || compare(one, other))
}

function place (market) {
  const index = FIRST.indexOf(market)
  return index < 0 ? FIRST.length : index
}

// Both sides of a line stand together, lines from low to high.
function compareOutcomes (one, other, game) {
  return compare(subject(one, game), subject(other, game)) ||
    line(one, game) - line(other, game) ||
    side(one, game) - side(other, game) ||
    compare(one.name, other.name)
}

// Whose total it is: `Denver Broncos Over` and `Denver Broncos Under` are of one subject, and so are the two teams.
function subject ({ name }) {
  return OVER_UNDER.test(name) ? name.replace(OVER_UNDER, '') : ''
}

// A line as the away team has it: the home team's is its opposite.
function line ({ name, points }, game) {
  if (points === null) return 0
  return name === game.home_team.name ? -points : points
}

function side ({ name }, game) {
  if (name === game.away_team.name || /over$/i.test(name)) return 0
  return name === game.home_team.name || /under$/i.test(name) ? 2 : 1
}

function compare (one, other) {
  return one < other ? -1 : one > other ? 1 : 0
}
