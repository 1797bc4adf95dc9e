// All games, by league.
import { Children, make, setAttribute, setText } from '../dom.js'
import { isFinished, matchName, situation, standing } from '../games.js'
import { gameHref } from '../routes.js'
import { Side } from './side.js'

export class Scoreboard {
  title = 'Scores'
  #board
  #leagues = make('div')
  #blank = make('p', { class: 'blank' }, 'Loading games…')
  node = make('div', {}, make('h1', { class: 'unseen' }, 'Scores'), this.#blank, this.#leagues)
  #sections = new Children(this.#leagues, () => new League())

  constructor (board) {
    this.#board = board
  }

  // Draw what changed; `isComplete`: whether there has been an answer, so that no game means that there is none.
  paint ({ isComplete, now }) {
    const changed = this.#board.takeChanged()
    this.#blank.hidden = this.#board.games.size > 0
    if (isComplete) setText(this.#blank, 'No games yet. They appear here as soon as a producer sends one.')
    if (changed.size === 0 && this.#leagues.hasChildNodes()) return
    const leagues = this.#board.leagues()
    this.#sections.arrange(leagues.map((league) => league.code))
    for (const league of leagues) this.#sections.get(league.code).show(league, now)
  }
}

class League {
  #name = make('span')
  #count = make('span', { class: 'count' })
  #list = make('ul', { class: 'cards' })
  node = make('section', { class: 'league' }, make('h2', {}, this.#name, ' ', this.#count), this.#list)
  #cards = new Children(this.#list, () => new Card())

  show ({ name, games }, now) {
    setText(this.#name, name)
    setText(this.#count, counted(games))
    this.#cards.arrange(games.map((game) => game.game_id))
    for (const game of games) this.#cards.get(game.game_id).show(game, now)
  }
}

class Card {
  #standing = make('span', { class: 'standing' })
  #broadcast = make('span', { class: 'broadcast' })
  #link = make('a', { class: 'match' })
  #away = new Side('away')
  #home = new Side('home')
  #play = make('p', { class: 'play' })
  node = make('li', { class: 'card' },
    make('p', { class: 'card-top' }, this.#standing, this.#broadcast),
    make('h3', {}, this.#link), this.#away.node, this.#home.node, this.#play)

  show (game, now) {
    setAttribute(this.node, 'data-status', isFinished(game) ? 'final' : game.status)
    setText(this.#standing, standing(game, now))
    setText(this.#broadcast, game.broadcast ?? '')
    setText(this.#link, matchName(game))
    setAttribute(this.#link, 'href', gameHref(game))
    this.#away.show(game)
    this.#home.show(game)
    setText(this.#play, situation(game))
  }
}

function counted (games) {
  const live = games.filter((game) => game.status === 'live').length
  const soon = games.filter((game) => game.status === 'unplayed').length
  const parts = [[live, 'live'], [soon, 'to come'], [games.length - live - soon, 'over']]
  return parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`).join(' · ')
}
