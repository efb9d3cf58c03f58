/**
 * The server of a load run: a process of its own, mounted as THROUGH says. It counts each call by its number, and on the
 * message `stats` tells its memory and file handles; on `counts`, what it has counted from `from` on.
 */

import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import process from 'node:process'
import { setTimeout as later } from 'node:timers/promises'

import { signal } from 'errand/headers'
import { redirect } from 'errand/navigation'
import { ActionError, after, createHandler } from 'errand/server'

/** Numbers that a run may give; a byte each, so that counting takes no memory to speak of. */
const NUMBERS = 1 << 24

/** How often each was run, and how often what it left for after its answer. */
const counts = { runs: new Uint8Array(NUMBERS), afters: new Uint8Array(NUMBERS) }

/** @param {number} number */
function run(number) {
  counts.runs[number] += 1
  after(() => void (counts.afters[number] += 1))
}

const actions = {
  noop: async (number) => {
    run(number)
    return number
  },
  text: async (number, text) => {
    run(number)
    return [number, text.length, text]
  },
  upload: async (form) => {
    const number = Number(form.get('number'))
    run(number)
    const hash = createHash('sha256')
    const file = form.get('file')
    for await (const chunk of file.stream()) hash.update(chunk)
    return [number, file.size, hash.digest('hex')]
  },
  fail: async (number) => {
    run(number)
    throw new Error(`call ${number} failed`)
  },
  declare: async (number) => {
    run(number)
    throw new ActionError('declared', { number })
  },
  rows: async function* (number, length) {
    run(number)
    for (let at = 0; at < length; at += 1) {
      if (at % 4 === 3) await new Promise(setImmediate)
      yield [number, at]
    }
  },
  wait: async (number, ms) => {
    run(number)
    await later(ms, undefined, { signal: signal() }).catch(() => {}) // nobody waits any more
    return number
  },
  form: async (form) => {
    const number = Number(form.get('number'))
    run(number)
    redirect(`/done/${number}`)
  },
}

const handler = createHandler({
  actions: Object.fromEntries(Object.entries(actions).map(([id, action]) => [id, () => action])),
  secret: 'only-for-the-load-run',
  onError: () => {},
})
console.warn = () => {} // refusals are a part of the run

/** @type {Record<string, () => Promise<number>>} */
const THROUGH = {
  node: () => listening(createServer((req, res) => void handler.node(req, res))),
  express: () => {
    // Express is among the packages of the tests.
    const express = createRequire(new URL('../../__test__/hosts/package.json', import.meta.url))('express')
    const app = express()
    app.use(express.json())
    app.use(handler.node)
    return listening(createServer(app))
  },
  listen: async () => (await handler.listen({ port: 0, host: '127.0.0.1' })).port,
}

/** @param {import('node:http').Server} server @returns {Promise<number>} */
function listening(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

process.on('message', ({ ask, from = 0, to = 0 }) => {
  if (ask === 'counts') {
    const part = (bytes) => Buffer.from(bytes.subarray(from, to)).toString('base64')
    return process.send({ runs: part(counts.runs), afters: part(counts.afters) })
  }
  globalThis.gc() // what is garbage says nothing
  const { rss, heapUsed, external } = process.memoryUsage()
  const handles = process.platform === 'win32' ? 0 : readdirSync('/dev/fd').length
  process.send({ rss, heapUsed, external, handles })
})
process.on('disconnect', () => process.exit())
process.send({ port: await THROUGH[process.env.THROUGH]() })
