/** Contenders take turns, so that a slow moment of the machine meets all of them. */

import { median, spread } from './table.mjs'

const ROUNDS = 7
const ROUND_MS = 250

/**
 * One pass over all files; or, for what measures itself, `round` with the nanoseconds of one pass.
 *
 * @typedef {{ pass(): unknown } | { round(): Promise<number> }} Contender
 */

/**
 * Nanoseconds of one pass in each round.
 *
 * @template {string} Name @param {Record<Name, Contender>} contenders @returns {Promise<Record<Name, number[]>>}
 */
export async function rounds(contenders) {
  const all = Object.entries(contenders)
  const times = Object.fromEntries(all.map(([name]) => [name, []]))
  for (const [, it] of all) await round(it) // warm
  for (let at = 0; at < ROUNDS; at += 1) {
    for (const [name, it] of all) times[name].push(await round(it))
  }
  return times
}

async function round(contender) {
  if ('round' in contender) return contender.round()
  const begun = performance.now()
  let passes = 0
  while (passes === 0 || performance.now() - begun < ROUND_MS) {
    const result = contender.pass()
    if (result instanceof Promise) await result
    passes += 1
  }
  return ((performance.now() - begun) * 1e6) / passes
}

/** How long ours takes, in times of the floor: 1 is as fast as can be. @param {number[]} ours @param {number[]} floor */
export const timesAsLong = (ours, floor) => ({ ...ratios(ours, floor), better: /** @type {const} */ ('lower') })

/** How often ours is done while the other is done once. @param {number[]} ours @param {number[]} other */
export const timesAsFast = (ours, other) => ({ ...ratios(other, ours), better: /** @type {const} */ ('higher') })

function ratios(above, below) {
  const each = above.map((time, at) => time / below[at])
  return { ratio: median(each), spread: spread(each) }
}
