/**
 * Errand in a host beside what it stands in for: the same host without it, which does by hand what is needed for the same
 * answer (reads and parses the body, writes the same bytes), React's own decoder, and `next start`.
 */

import process from 'node:process'

import { buildLoad, compare } from './compare.mjs'
import { nextApp } from './next-app.mjs'
import { nextRequests, requests } from './requests.mjs'

/** Of the rows, those whose text has that word; all without. */
const { ROWS = '' } = process.env

/** @returns {Promise<import('../table.mjs').Row[]>} */
export async function host() {
  buildLoad()
  const asked = await requests()
  const all = [...besideHosts(asked), ...besideNext(asked, await nextRequests(nextApp().ids))]
  const rows = []
  for (const it of all.filter(({ what, against }) => `${what}, ${against}`.includes(ROWS))) rows.push(...(await compare(it)))
  return rows
}

const BARE = 'bare node:http'

/** @param {Awaited<ReturnType<typeof requests>>} asked @returns {import('./compare.mjs').Comparison[]} */
function besideHosts({ noop, large, refused, form, upload, page }) {
  return [
    { what: 'no-op action, handler.node', against: BARE, ours: 'node', asked: noop, theirs: 'parse', goal: '≥ 0.80', tailGoal: '≤ 1.00' },
    { what: 'no-op action, Express', against: 'bare Express route', ours: 'express', asked: noop, theirs: 'parse in express', goal: '≥ 0.80', tailGoal: '≤ 1.00' },
    { what: 'no-op action, handler.listen', against: BARE, ours: 'listen', asked: noop, theirs: 'parse', goal: '≥ 1.50', tailGoal: '≤ 1.00' },
    { what: 'call of 10 KB, handler.node', against: BARE, ours: 'node', asked: large, theirs: 'parse' },
    { what: 'call of 10 KB, handler.listen', against: BARE, ours: 'listen', asked: large, theirs: 'parse' },
    { what: 'refused call, handler.node', against: BARE, ours: 'node', asked: refused, theirs: 'unread', goal: '≥ 1.00' },
    { what: 'refused call, handler.listen', against: BARE, ours: 'listen', asked: refused, theirs: 'unread', goal: '≥ 1.00' },
    { what: 'cached page of 4 KB, handler.listen', against: BARE, ours: 'listen', asked: page, theirs: 'unread', goal: '≥ 2.00', tailGoal: '≤ 1.00' },
    { what: 'form post, handler.node', against: 'node:http and busboy', ours: 'node', asked: form, theirs: 'busboy' },
    { what: 'upload of 10 MB, handler.node', against: 'node:http and busboy', ours: 'node', asked: upload, theirs: 'busboy', connections: 4 },
    { what: 'upload of 10 MB, handler.node', against: "React's decodeReplyFromBusboy", ours: 'node', asked: upload, theirs: 'react', connections: 4, goal: '≥ 2.00', memoryGoal: '≤ 0.10' },
  ]
}

/** @returns {import('./compare.mjs').Comparison[]} */
function besideNext(asked, nextAsked) {
  const beside = (what, name, ours, isDone, rest = {}) => ({
    what, against: 'next start', ours, asked: asked[name], theirs: 'next', theirsAsked: nextAsked[name], isDone, ...rest,
  })
  const isVoid = ({ status, body }) => status === 200 && body.startsWith('0:{"a":"$@1"') && body.includes('1:"$undefined"')
  const isLarge = ({ status, body }) => status === 200 && body.includes(`1:${10 << 20}\n`)
  const isPage = ({ status, body }) => status === 200 && body.includes('<p>lorem ipsum')
  const isRedirect = ({ status }) => status === 303
  const isRefused = ({ status, body }) => status >= 400 && !body.includes('1:"$undefined"')
  return [
    beside('no-op action, handler.node', 'noop', 'node', isVoid),
    beside('no-op action, handler.listen', 'noop', 'listen', isVoid, { goal: '≥ 30.00', tailGoal: '≤ 1.00' }),
    beside('call of 10 KB, handler.listen', 'large', 'listen', isVoid),
    beside('form post, handler.listen', 'form', 'listen', isRedirect),
    beside('refused call, handler.listen', 'refused', 'listen', isRefused),
    beside('cached page of 4 KB, handler.listen', 'page', 'listen', isPage, { goal: '≥ 40.00', tailGoal: '≤ 1.00' }),
    beside('upload of 10 MB, handler.node', 'upload', 'node', isLarge, { connections: 4, goal: '≥ 2.00', memoryGoal: '≤ 0.10' }),
    beside('upload of 10 MB, handler.listen', 'upload', 'listen', isLarge, { connections: 4, goal: '≥ 2.00', memoryGoal: '≤ 0.10' }),
  ]
}
