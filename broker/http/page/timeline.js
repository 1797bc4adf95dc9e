// Columns for a chart of quotes over time: moves at moments of their own, brought to common ones. Pure.

// [times, column, …], times in s and evenly spaced up to `to`; a column has for each the price that stood then,
// undefined before the first one and null where it was withdrawn.
export function columns (moves, from, to, stepMs) {
  const first = Math.ceil(from / stepMs) * stepMs
  const times = []
  for (let time = first; time < to; time += stepMs) times.push(time)
  times.push(to)
  return [times.map((time) => time / 1000), ...moves.map((of) => sampled(of, times))]
}

// The greatest of each row; undefined where there is none.
export function best (columns) {
  return columns[0].map((_, row) => {
    let best
    for (const column of columns) if (column[row] != null && !(column[row] <= best)) best = column[row]
    return best
  })
}

function sampled (moves, times) {
  const column = new Array(times.length)
  let next = 0
  let price
  times.forEach((time, row) => {
    while (next < moves.length && moves[next][0] <= time) price = moves[next++][1]
    column[row] = price
  })
  return column
}
