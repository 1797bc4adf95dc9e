// How numbers read. Pure.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB']
const LONG_NUMBER = 100_000

export const count = (value) => whole.format(value)

export function rate (value) {
  if (value < 10) return String(Math.round(value * 10) / 10)
  return (value < LONG_NUMBER ? whole : short).format(value)
}

export function bytes (value) {
  let unit = 0
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 ? rate(value) : value.toFixed(value < 10 ? 1 : 0)} ${BYTE_UNITS[unit]}`
}

// A dash where there was nothing to measure.
export function milliseconds (value) {
  if (value === undefined) return '–'
  return `${value < 10 ? value.toFixed(1) : whole.format(value)} ms`
}

export function duration (seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds % 86_400 / 3600)} h`
}
