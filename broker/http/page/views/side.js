// One team and its score.
import { make, setText } from '../dom.js'
import { isFinished, teamName } from '../games.js'
import { mark } from '../motion.js'

export class Side {
  #team = make('span', { class: 'team' })
  #score = make('span', { class: 'score' })
  node = make('p', { class: 'side' }, this.#team, this.#score)
  #which
  #other
  #shown = null

  // which: `away` or `home`.
  constructor (which) {
    this.#which = which
    this.#other = which === 'away' ? 'home' : 'away'
  }

  show (game) {
    const { [`score_${this.#which}`]: ours, [`score_${this.#other}`]: theirs } = game.scores
    const score = game.status === 'unplayed' ? null : ours
    setText(this.#team, teamName(game[`${this.#which}_team`]) ?? '–')
    setText(this.#score, score === null ? '' : String(score))
    this.node.classList.toggle('lost', isFinished(game) && ours < theirs)
    if (this.#shown !== null && score !== null && score !== this.#shown) mark(this.#score, 'score')
    this.#shown = score
  }
}
