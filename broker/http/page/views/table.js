// A table that scrolls sideways where it is wider than its place, by keyboard too.
import { make } from '../dom.js'

export function table ({ label, head, body, ...attributes }) {
  return make('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    make('table', attributes, make('caption', { class: 'unseen' }, label), make('thead', {}, head), body))
}

// A row of column heads; those in `words` stand above words, the others above numbers.
export function headRow (names, words = []) {
  const head = (name) => make('th', { scope: 'col', class: words.includes(name) ? 'text' : null }, name)
  return make('tr', {}, ...names.map(head))
}
