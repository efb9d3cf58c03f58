/**
 * `handler.node` and `handler.listen` beside bare `node:http` servers that write the same bytes, keep-alive, 16
 * connections. Servers and load are processes of their own; rounds alternate, so that what else the machine does hits both.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { fileURLToPath } from 'node:url'

import { median, spread } from '../table.mjs'

const CONNECTIONS = 16
const ROUNDS = 7
const SECONDS = 2

const CALL = {
  'content-type': 'text/plain;charset=UTF-8',
  accept: 'text/x-component',
  'errand-action': 'noop',
  'sec-fetch-site': 'same-origin',
  'content-length': '3',
}

/** @type {{ what: string, server: string, method: string, path: string, headers: Record<string, string>, body: string }[]} */
const ROWS = [
  { what: 'no-op action, handler.node', server: 'errand.mjs', method: 'POST', path: '/', headers: CALL, body: '[1]' },
  { what: 'no-op action, handler.listen', server: 'listen.mjs', method: 'POST', path: '/', headers: CALL, body: '[1]' },
  { what: 'cached page of 4 KB, handler.listen', server: 'listen.mjs', method: 'GET', path: '/page', headers: {}, body: '' },
  {
    what: 'refused call, handler.listen',
    server: 'listen.mjs',
    method: 'POST',
    path: '/',
    headers: { ...CALL, 'sec-fetch-site': 'cross-site' },
    body: '[1]',
  },
]

/** @returns {Promise<import('../table.mjs').Row[]>} */
export async function http() {
  const rows = []
  for (const row of ROWS) rows.push(await compare(row))
  return rows
}

/** @param {typeof ROWS[number]} row */
async function compare({ what, server: name, ...asked }) {
  const errand = await server(name)
  await answerOf(errand.port, asked) // fills the cache
  const answer = await answerOf(errand.port, asked)
  const bare = await server('bare.mjs', { ANSWER: JSON.stringify(answer) })
  const load = fork(path('load.mjs'))
  let fail = () => {}
  load.once('exit', () => fail()) // else a round would never end
  try {
    const round = async (port, seconds) => {
      load.send({ port, request: textOf(port, asked), seconds, connections: CONNECTIONS })
      return new Promise((resolve, reject) => {
        fail = () => reject(new Error('the load failed'))
        load.once('message', resolve)
      })
    }
    for (const { port } of [bare, errand]) await round(port, 1) // warm
    const rates = { bare: [], errand: [] }
    for (let at = 0; at < ROUNDS; at += 1) {
      rates.bare.push(await round(bare.port, SECONDS))
      rates.errand.push(await round(errand.port, SECONDS))
    }
    const ratios = rates.errand.map((rate, at) => rate / rates.bare[at])
    return { what, against: 'bare node:http', ratio: median(ratios), spread: spread(ratios), better: 'higher' }
  } finally {
    for (const { child } of [errand, bare, { child: load }]) child.disconnect()
  }
}

async function server(name, env = {}) {
  const child = fork(path(name), { env: { ...process.env, NODE_ENV: 'production', ...env } })
  const [port] = await once(child, 'message')
  return { child, port }
}

/** What Errand answers, to the byte, but for what `node:http` adds to both. `fetch` would not send all of these headers. */
async function answerOf(port, { method, path, headers, body }) {
  const request = httpRequest({ port, host: '127.0.0.1', method, path, headers: { ...headers, origin: `http://127.0.0.1:${port}` } })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  const own = Object.entries(response.headers).filter(([name]) => !['date', 'connection', 'keep-alive', 'transfer-encoding'].includes(name))
  return { status: response.statusCode, headers: own.flat(), body: Buffer.concat(chunks).toString() }
}

function textOf(port, { method, path, headers, body }) {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, ...headers })
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
