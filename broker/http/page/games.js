// How a game reads. Pure but for the place's own time and language.

const HOUR = { hour: 'numeric', minute: '2-digit' }
const DAY = { weekday: 'short', day: 'numeric', month: 'short' }
const time = new Intl.DateTimeFormat(undefined, HOUR)
const dayAndTime = new Intl.DateTimeFormat(undefined, { ...DAY, ...HOUR })
const moment = new Intl.DateTimeFormat(undefined, { ...HOUR, second: '2-digit' })

const FINISHED = { final: 'Final', ended: 'Ended' }

export const clockTime = (unixMs) => moment.format(unixMs)

export const hourTime = (unixMs) => time.format(unixMs)

export const isFinished = (game) => game.status in FINISHED

export const teamName = (team) => team.name ?? team.mascot ?? team.city

// `Denver Broncos at New York Jets`; of a game that only events have told of yet, its slug.
export function matchName (game) {
  const away = teamName(game.away_team)
  const home = teamName(game.home_team)
  return away && home ? `${away} at ${home}` : game.pn_slug ?? game.game_id
}

// Where it stands: `Q3 · 07:12`, `Final`, or when it begins.
export function standing (game, now) {
  if (isFinished(game)) return FINISHED[game.status]
  if (game.status === 'live') return [game.scores.period, game.scores.clock].filter(Boolean).join(' · ') || 'Live'
  const date = new Date(game.start_date ?? '')
  // A producer may write what is no date.
  return Number.isNaN(date.getTime()) ? 'Soon' : start(date, new Date(now))
}

// What goes on in it: `3rd & 5 at NYJ 32 · last play`; nothing while it isn't played.
export function situation ({ status, scores }) {
  return status === 'live' ? [scores.current_down_and_distance, scores.last_play].filter(Boolean).join(' · ') : ''
}

function start (date, now) {
  return date.toDateString() === now.toDateString() ? time.format(date) : dayAndTime.format(date)
}
