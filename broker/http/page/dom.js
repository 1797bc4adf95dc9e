// Making and arranging elements. Texts only ever become text nodes: nothing that comes over the wire is read as HTML.

// Attributes named on… are listeners; null and false leave an attribute out.
export function make (tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? '' : value)
  }
  node.append(...children)
  return node
}

export function setText (node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setAttribute (node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}

// Children of one parent by key, each a view with a `node`: those that stay are kept as they are.
export class Children {
  #parent
  #create
  #views = new Map()

  constructor (parent, create) {
    this.#parent = parent
    this.#create = create
  }

  get (key) {
    return this.#views.get(key)
  }

  // Have these and no others, in this order; moves no more than it must, for a node that moves loses its focus.
  arrange (keys) {
    const wanted = new Set(keys)
    for (const [key, view] of this.#views) {
      if (wanted.has(key)) continue
      view.node.remove()
      this.#views.delete(key)
    }
    let place = this.#parent.firstChild
    for (const key of wanted) {
      if (!this.#views.has(key)) this.#views.set(key, this.#create(key))
      const { node } = this.#views.get(key)
      if (node === place) place = place.nextSibling
      else this.#parent.insertBefore(node, place)
    }
  }
}
