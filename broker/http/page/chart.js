// Lines over time, drawn by uPlot in the page's own colours.
import { clockTime, hourTime } from './games.js'

const { uPlot: Plot } = globalThis
// Below a tick every minute, seconds would be the same everywhere.
const MINUTE_S = 60
const dark = matchMedia('(prefers-color-scheme: dark)')

// Lines: [{label, color, width, stepped}], their colours being the style sheet's custom properties. `axis` says how a
// value reads, `range` what is to be seen around the lowest and the highest one, `steps` what ticks may be apart.
// `focus`: whether the line that is pointed at stands out. `read` is told of the pointer's row, and of that line.
export class Chart {
  #plot
  #watch
  #window = [0, 1]
  // The line that stands out; null where none does.
  #line = null
  #redraw = () => this.#plot.redraw()

  constructor (node, { lines, axis, range, steps = null, height, focus = false, read }) {
    const color = (name) => getComputedStyle(node).getPropertyValue(name).trim()
    const font = () => `12px ${getComputedStyle(document.body).fontFamily}`
    const grid = { stroke: () => color('--line'), width: 1 }
    const plain = { stroke: () => color('--muted'), font: font(), ticks: { show: false } }
    this.#plot = new Plot({
      width: node.clientWidth,
      height,
      legend: { show: false },
      padding: [8, 36, 0, 0],
      focus: { alpha: focus ? 0.25 : 1 },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, focus: { prox: focus ? 24 : -1 } },
      scales: {
        x: { range: () => this.#window },
        y: { range: (_plot, low, high) => (low === null ? [0, 1] : range(low, high)) }
      },
      axes: [
        { ...plain, size: 32, gap: 8, space: 84, grid: { show: false }, values: timesOf },
        { ...plain, size: 60, grid, ...(steps && { incrs: steps }), values: (_plot, values) => values.map(axis) }
      ],
      series: [{}, ...lines.map((line) => ({
        label: line.label,
        stroke: () => color(line.color),
        width: line.width ?? 1.5,
        points: { show: false },
        paths: line.stepped ? Plot.paths.stepped({ align: 1 }) : undefined
      }))],
      hooks: {
        setCursor: [(plot) => read(plot.cursor.idx ?? null, this.#line)],
        setSeries: [(_plot, line) => { this.#line = line }]
      }
    }, lines.map(() => []).concat([[]]), node)
    this.#watch = new ResizeObserver(() => this.#plot.setSize({ width: node.clientWidth, height }))
    this.#watch.observe(node)
    dark.addEventListener('change', this.#redraw)
  }

  // Columns: the times in s, then the values of each line; from, to: what is to be seen of them, Unix ms.
  show (columns, from, to) {
    this.#window = [from / 1000, to / 1000]
    this.#plot.setData(columns)
  }

  // Let one line stand out; null: all are equal.
  point (index) {
    this.#plot.setSeries(index, { focus: true })
  }

  end () {
    dark.removeEventListener('change', this.#redraw)
    this.#watch.disconnect()
    this.#plot.destroy()
  }
}

function timesOf (_plot, times, _axis, _space, step) {
  return times.map((time) => (step < MINUTE_S ? clockTime : hourTime)(time * 1000))
}
