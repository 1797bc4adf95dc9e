// What is known of all games: frames of the stream and answers over HTTP, folded. Pure: times are handed in, Unix ms.
import { isNewer } from './joining.js'

const NOBODY = { name: null, city: null, mascot: null, abbreviation_pn: null, logo: null }
const RANKS = { live: 0, unplayed: 1 }
const FINISHED_RANK = 2
// What events tell of a game's scores.
const TOLD = ['score_home', 'score_away', 'period', 'clock']

export class Board {
  // Games in the contract's shape, by game_id.
  games = new Map()
  leagueNames = new Map()
  #heardAt = new Map()
  #changed = new Set()

  // Folds a frame in; price changes are none of its business.
  apply (frame, now) {
    switch (frame.type) {
      case 'snapshot':
        // It has all games that are played: one that was, and isn't there, ended or left while nobody told.
        for (const [id, game] of this.games) if (game.status === 'live') this.#remove(id)
        // What was told before it may have changed since, unheard.
        for (const id of this.games.keys()) this.#heardAt.set(id, -Infinity)
        for (const game of frame.games) this.#set(game, now)
        break
      case 'new_game':
        this.#told(frame, now).status = 'unplayed'
        break
      case 'status_change':
        this.#told(frame, now).status = frame.new_status
        break
      case 'score_change':
      case 'game_final':
        this.#tell(this.#told(frame, now).scores, frame)
        break
    }
  }

  // Lays an answer under what was told since: of a game that the socket told of, only what makes no event.
  take (games, askedAt) {
    for (const game of games) {
      const known = this.games.get(game.game_id)
      if (known && isNewer(this.#heardAt.get(game.game_id), askedAt)) {
        const scores = { ...game.scores }
        this.#tell(scores, known.scores)
        this.#set({ ...game, status: known.status, scores }, this.#heardAt.get(game.game_id))
      } else {
        this.#set(game, -Infinity)
      }
    }
  }

  // Likewise, with answers of all leagues but the `silent` ones, by their codes: other games of theirs have left. Games
  // without a league are in no such answer.
  takeAll (games, askedAt, silent) {
    this.take(games, askedAt)
    const there = new Set(games.map((game) => game.game_id))
    for (const [id, heardAt] of this.#heardAt) {
      const code = this.games.get(id).pn_league_code
      if (code && !silent.has(code) && !there.has(id) && !isNewer(heardAt, askedAt)) this.#remove(id)
    }
  }

  // The game of an address: its slug or its game_id.
  find (name) {
    if (this.games.has(name)) return this.games.get(name)
    for (const game of this.games.values()) if (game.pn_slug === name) return game
    return undefined
  }

  // The ids of games that changed, came or left since the last call.
  takeChanged () {
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  // Leagues with their games in the order in which they are shown: what is played, what is to come, what is over.
  leagues () {
    const byLeague = new Map()
    for (const game of this.games.values()) {
      const code = game.pn_league_code ?? ''
      if (!byLeague.has(code)) byLeague.set(code, [])
      byLeague.get(code).push(game)
    }
    const leagues = [...byLeague].map(([code, games]) => ({
      code,
      name: this.leagueNames.get(code) ?? (code.toUpperCase() || 'Other games'),
      games: games.sort(inOrder)
    }))
    return leagues.sort((one, other) => rank(one.games[0]) - rank(other.games[0]) || compare(one.name, other.name))
  }

  #told (event, now) {
    const { game_id: id } = event
    if (!this.games.has(id)) this.#set(unknown(event), now)
    this.#heardAt.set(id, now)
    this.#changed.add(id)
    return this.games.get(id)
  }

  #tell (scores, told) {
    for (const name of TOLD) if (name in told) scores[name] = told[name]
  }

  #set (game, heardAt) {
    this.games.set(game.game_id, game)
    this.#heardAt.set(game.game_id, heardAt)
    this.#changed.add(game.game_id)
  }

  #remove (id) {
    this.games.delete(id)
    this.#heardAt.delete(id)
    this.#changed.add(id)
  }
}

// A game of which only events are known yet: no teams, no start.
function unknown (event) {
  return {
    game_id: event.game_id,
    pn_slug: event.pn_slug,
    pn_league_code: event.pn_league_code,
    sport_category: null,
    start_date: null,
    status: 'unplayed',
    venue: null,
    broadcast: null,
    home_team: NOBODY,
    away_team: NOBODY,
    scores: {
      score_home: null,
      score_away: null,
      period: null,
      clock: null,
      last_play: null,
      current_down_and_distance: null
    }
  }
}

function rank (game) {
  return RANKS[game.status] ?? FINISHED_RANK
}

function inOrder (one, other) {
  const starts = compare(one.start_date ?? '', other.start_date ?? '')
  // What ended last is what people look for.
  const byStart = rank(one) === FINISHED_RANK ? -starts : starts
  return rank(one) - rank(other) || byStart || compare(one.game_id, other.game_id)
}

function compare (one, other) {
  return one < other ? -1 : one > other ? 1 : 0
}
