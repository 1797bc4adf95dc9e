// Asks for a key, or for the operator's token.
import { make } from '../dom.js'

// Gives a form; `take` gets what was entered.
export function secretForm ({ label, hint, button, problem, take }) {
  const input = make('input', {
    id: 'secret',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'secret-hint secret-problem'
  })
  const complaint = make('p', { class: 'problem', id: 'secret-problem', role: 'alert' }, problem ?? '')
  return make('form', {
    class: 'secret',
    onsubmit: (event) => {
      event.preventDefault()
      take(input.value.trim())
    }
  },
  make('label', { for: 'secret' }, label),
  make('div', { class: 'entry' }, input, make('button', { type: 'submit' }, button)),
  complaint,
  make('p', { class: 'hint', id: 'secret-hint' }, hint))
}

export class KeyView {
  title = 'Key'

  constructor ({ problem, take }) {
    this.node = make('section', { class: 'welcome' },
      make('h1', {}, 'Live scores and prices'),
      make('p', { class: 'lead' }, 'Every score and every price change of every book, as it happens.'),
      secretForm({
        label: 'Your key',
        hint: 'It starts with pn_live_. This tab alone keeps it, until it is closed.',
        button: 'Open',
        problem,
        take
      }))
  }

  paint () {}
}
