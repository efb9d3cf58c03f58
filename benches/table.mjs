/** Ratios in a table; absolute figures say more about the machine than about us. */

/**
 * @typedef {{ what: string, against: string, ratio?: number, figure?: string, spread?: [number, number], goal?: string, better: 'higher' | 'lower' }} Row
 */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** @param {number[]} values @returns {[number, number]} */
export const spread = (values) => [Math.min(...values), Math.max(...values)]

/** @param {Row[]} rows */
export function table(rows) {
  const cells = [
    ['measured', 'against', 'figure', 'rounds', 'goal', ''],
    ...rows.map(({ what, against, ratio, figure, spread, goal, better }) => [
      what,
      against,
      figure ?? `${(ratio ?? NaN).toFixed(2)}×`,
      spread ? `${spread[0].toFixed(2)}–${spread[1].toFixed(2)}` : '',
      goal ?? '',
      `${better} is better`,
    ]),
  ]
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n')
}
