// American odds: what 100 win above 0, what it takes to win 100 below. There are none between -100 and 100.

const MINUS = '\u2212'
const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2, useGrouping: false })

export const signed = (value) => (value < 0 ? MINUS : '+') + number.format(Math.abs(value))

export const plain = (value) => (value < 0 ? MINUS : '') + number.format(Math.abs(value))

// Where a price stands on an axis from 0 to 1: how likely it takes it to be that the outcome does not come. The numbers
// themselves have a gap between -100 and 100, which are the same price, and run away at both ends.
export const toAxis = (price) => (price > 0 ? price / (100 + price) : 100 / (100 - price))

// And back: the price at a place on the axis.
export const fromAxis = (place) => (place >= 0.5 ? 100 * place / (1 - place) : -100 * (1 - place) / place)

// Ticks closer than the first would round to the same price.
export const AXIS_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2]
// So much of the axis is shown at least, for three ticks.
const LEAST = 0.04
// At 0 and 1 there is no price.
const [LOWEST, HIGHEST] = [0.001, 0.999]

// What of the axis to show for prices between two places on it.
export function axisRange (low, high) {
  const air = Math.max((high - low) * 0.15, (LEAST - high + low) / 2)
  return [Math.max(low - air, LOWEST), Math.min(high + air, HIGHEST)]
}
