/** `scan` beside Node's own search. */

import { scan as scanBytes } from 'errand'

import { inRoot } from '../scripts/support/root.mjs'
import { writeCorpus } from './corpus.mjs'
import { median, spread } from './table.mjs'

const ROUNDS = 8
const MEGABYTES = 64

/** A buffer of source without the directive: the search has to read all of it. @returns {import('./table.mjs').Row[]} */
export function scan() {
  const [{ code }] = writeCorpus(inRoot('target', 'bench-corpus'))
  const text = Buffer.from(code.replaceAll('use server', 'use client'))
  const bytes = Buffer.alloc(MEGABYTES * 1024 * 1024, text)
  const ours = []
  const nodes = []
  for (let at = 0; at < ROUNDS; at += 1) {
    ours.push(perSecond(bytes, () => scanBytes(bytes)))
    nodes.push(perSecond(bytes, () => bytes.includes('use server')))
  }
  const rates = ours.slice(1) // the first touches the memory
  const ratios = rates.map((rate, at) => rate / nodes[at + 1])
  const what = `scan, ${MEGABYTES} MB`
  return [
    { what, against: '', figure: `${median(rates).toFixed(1)} GB/s`, spread: spread(rates), goal: '≥ 8 GB/s', better: 'higher' },
    { what, against: 'Buffer.includes', ratio: median(ratios), spread: spread(ratios), better: 'higher' },
  ]
}

const TIMES = 8

/** Gigabytes per second. */
function perSecond(bytes, search) {
  const begun = performance.now()
  for (let at = 0; at < TIMES; at += 1) {
    if (search()) throw new Error('the buffer holds the directive')
  }
  return (TIMES * bytes.length) / 1e9 / ((performance.now() - begun) / 1000)
}
