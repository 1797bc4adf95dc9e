// One game: its score, the prices of all books by market type, and one outcome over time.
import { Children, make, setAttribute, setText } from '../dom.js'
import { isFinished, matchName, situation, standing } from '../games.js'
import { inOrder, title } from '../markets.js'
import { SCORES } from '../routes.js'
import { Market } from './market.js'
import { Side } from './side.js'
import { Trend } from './trend.js'

export class GameView {
  title = 'Game'
  #board
  #prices
  #name
  #header = new Header()
  #tables = make('div')
  #markets = new Children(this.#tables, (market) => new Market(title(market), (key) => this.#choose(key)))
  #blank = make('p', { class: 'blank' }, 'Loading prices…')
  #trend = new Trend()
  node = make('div', { class: 'game' }, this.#header.node,
    make('div', { class: 'columns' }, make('div', {}, this.#blank, this.#tables), this.#trend.node))

  // What is shown, in order: [market type, outcomes].
  #shown = []
  #chosen = null

  // name: the game's slug or game_id, as in the address.
  constructor ({ board, prices, name }) {
    this.#board = board
    this.#prices = prices
    this.#name = name
  }

  paint ({ problem, now }) {
    const game = this.#board.find(this.#name)
    // Until its teams are known there is no order to show its outcomes in.
    if (game) this.#paintGame(game, now)
    this.#blank.hidden = this.#shown.length > 0
    if (problem) setText(this.#blank, problem)
    else if (this.#prices.seq !== null) setText(this.#blank, 'No book offers a price for this game now.')
  }

  // The chart moves on by itself.
  tick (now) {
    this.#trend.paint(now)
  }

  leave () {
    this.#trend.leave()
  }

  #paintGame (game, now) {
    this.title = matchName(game)
    this.#header.show(game, now)
    const changed = this.#prices.takeChanged()
    const { outcomes } = this.#prices
    if ([...changed].some((key) => this.#changesLayout(outcomes.get(key), key))) this.#arrange(game)
    for (const key of changed) {
      const outcome = outcomes.get(key)
      if (outcome.isOffered) this.#markets.get(outcome.market).showPrices(key, outcome)
    }
    if (changed.has(this.#chosen)) this.#trend.paint(now)
  }

  // Whether a row or a column comes or goes.
  #changesLayout (outcome, key) {
    const market = this.#markets.get(outcome.market)
    return !market || market.has(key) !== outcome.isOffered || !market.hasBooks(outcome.quotes.keys())
  }

  #arrange (game) {
    const offered = [...this.#prices.outcomes].filter(([, outcome]) => outcome.isOffered)
    const keys = new Map(offered.map(([key, outcome]) => [outcome, key]))
    this.#shown = inOrder(keys.keys(), game)
    this.#markets.arrange(this.#shown.map(([market]) => market))
    for (const [market, outcomes] of this.#shown) {
      this.#markets.get(market).arrange(outcomes.map((outcome) => [keys.get(outcome), outcome]))
    }
    const first = this.#shown[0]?.[1][0]
    if (this.#chosen === null && this.#prices.seq !== null && first) this.#choose(keys.get(first))
    this.#mark(true)
  }

  #choose (key) {
    this.#mark(false)
    this.#chosen = key
    this.#mark(true)
    this.#trend.show(this.#prices.outcomes.get(key), Date.now())
  }

  #mark (isChosen) {
    const outcome = this.#prices.outcomes.get(this.#chosen)
    if (outcome) this.#markets.get(outcome.market)?.mark(this.#chosen, isChosen)
  }
}

class Header {
  #league = make('span')
  #standing = make('span', { class: 'standing' })
  #place = make('span')
  #name = make('h1', { class: 'unseen' })
  #away = new Side('away')
  #home = new Side('home')
  #play = make('p', { class: 'play' })
  node = make('header', { class: 'game-head' },
    make('a', { class: 'back', href: SCORES }, '‹ All games'), this.#name,
    make('p', { class: 'facts' }, this.#league, this.#standing, this.#place),
    make('div', { class: 'sides' }, this.#away.node, this.#home.node), this.#play)

  show (game, now) {
    setAttribute(this.node, 'data-status', isFinished(game) ? 'final' : game.status)
    setText(this.#league, (game.pn_league_code ?? '').toUpperCase())
    setText(this.#standing, standing(game, now))
    setText(this.#place, [game.venue, game.broadcast].filter(Boolean).join(' · '))
    setText(this.#name, matchName(game))
    this.#away.show(game)
    this.#home.show(game)
    setText(this.#play, situation(game))
  }
}
