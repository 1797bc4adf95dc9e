// Asks once more before what can't be taken back.
import { make, setText } from '../dom.js'

const YES = 'yes'

export class Confirmation {
  #question = make('p')
  #answer = null
  node

  constructor (label, yes, no) {
    this.node = make('dialog', { 'aria-label': label, onclose: () => this.#answer(this.node.returnValue === YES) },
      make('form', { method: 'dialog' }, this.#question,
        make('div', { class: 'choices' },
          make('button', { type: 'submit', value: 'no', class: 'quiet' }, no),
          make('button', { type: 'submit', value: YES }, yes))))
  }

  // Gives whether the answer was yes; Escape is a no.
  ask (question) {
    setText(this.#question, question)
    this.node.returnValue = ''
    this.node.showModal()
    return new Promise((resolve) => { this.#answer = resolve })
  }
}
