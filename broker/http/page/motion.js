// A moment's colour on what has changed. It is set and taken away here, and only its going is a transition (style.css):
// an animation for each change would have the page drawn anew in every frame, for as long as prices move at all.

const SHOWN_MS = 1_600
const SWEEP_MS = 200

// Until when each marked element is, in this order.
const marked = new Map()
let timer = null

// as: `score`, or `up` or `down` for a price.
export function mark (node, as) {
  node.dataset.moved = as
  marked.delete(node)
  marked.set(node, Date.now() + SHOWN_MS)
  timer ??= setInterval(sweep, SWEEP_MS)
}

function sweep () {
  for (const [node, until] of marked) {
    if (until > Date.now()) return
    delete node.dataset.moved
    marked.delete(node)
  }
  clearInterval(timer)
  timer = null
}
