// A table of things that are told anew every few seconds: a row for each, kept as long as its key is there.
import { Children, make, setAttribute, setText } from '../dom.js'
import { headRow, table } from './table.js'

export class Listing {
  #key
  #rows

  // key: of a thing. columns: [head, text of a thing], the first one being the head of its row. words: the heads of
  // columns without numbers. mark: the class of a thing's row. action: {head, button}, a button for each key, if any.
  constructor ({ label, key, columns, words = [], mark = () => '', action = null }) {
    const head = headRow(columns.map(([name]) => name), words)
    if (action) head.append(make('th', { scope: 'col' }, make('span', { class: 'unseen' }, action.head)))
    const body = make('tbody')
    this.#key = key
    this.#rows = new Children(body, (key) => new Row({ columns, words, mark, button: action?.button(key) }))
    this.node = table({ label, head, body })
  }

  show (things) {
    this.#rows.arrange(things.map(this.#key))
    for (const thing of things) this.#rows.get(this.#key(thing)).show(thing)
  }
}

class Row {
  #columns
  #cells
  #mark

  constructor ({ columns, words, mark, button }) {
    this.#columns = columns
    this.#mark = mark
    this.#cells = columns.map(([head], index) => index === 0
      ? make('th', { scope: 'row' })
      : make('td', { class: words.includes(head) ? 'text' : null }))
    this.node = make('tr', {}, ...this.#cells)
    if (button) this.node.append(make('td', {}, button))
  }

  show (thing) {
    this.#columns.forEach(([, text], index) => setText(this.#cells[index], text(thing)))
    setAttribute(this.node, 'class', this.#mark(thing))
  }
}
