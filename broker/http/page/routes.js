// Addresses within the page: `#/`, `#/game/SLUG`, `#/operator`. Pure.

export const SCORES = '#/'
export const OPERATOR = '#/operator'

export const gameHref = (game) => `#/game/${encodeURIComponent(game.pn_slug ?? game.game_id)}`

export function parse (hash) {
  const [, view, name] = hash.split('/')
  if (view === 'game' && name) return { view, game: decoded(name) }
  return { view: view === 'operator' ? 'operator' : 'scores' }
}

// What was typed by hand may be no encoding at all.
function decoded (name) {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
