/**
 * `handler.node` beside a bare `node:http` server: a no-op action, POST of `[1]`, keep-alive, 16 connections. Servers
 * and load are processes of their own; rounds alternate, so that what else the machine does hits both.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { median, spread } from '../table.mjs'

const CONNECTIONS = 16
const ROUNDS = 7
const SECONDS = 2

/** @returns {Promise<import('../table.mjs').Row[]>} */
export async function http() {
  const errand = await server('errand.mjs')
  const answer = await answerOf(errand.port)
  const bare = await server('bare.mjs', { ANSWER: JSON.stringify(answer) })
  const load = fork(path('load.mjs'))
  try {
    const round = async (port, seconds) => {
      load.send({ port, seconds, connections: CONNECTIONS })
      const [rate] = await once(load, 'message')
      return rate
    }
    for (const { port } of [bare, errand]) await round(port, 1) // warm
    const rates = { bare: [], errand: [] }
    for (let at = 0; at < ROUNDS; at += 1) {
      rates.bare.push(await round(bare.port, SECONDS))
      rates.errand.push(await round(errand.port, SECONDS))
    }
    const ratios = rates.errand.map((rate, at) => rate / rates.bare[at])
    return [
      { what: 'no-op action, handler.node', against: 'bare node:http', ratio: median(ratios), spread: spread(ratios), better: 'higher' },
    ]
  } finally {
    for (const { child } of [errand, bare, { child: load }]) child.disconnect()
  }
}

async function server(name, env = {}) {
  const child = fork(path(name), { env: { ...process.env, NODE_ENV: 'production', ...env } })
  const [port] = await once(child, 'message')
  return { child, port }
}

/** What Errand answers, to the byte, but for what `node:http` adds to both. */
async function answerOf(port) {
  const headers = { 'errand-action': 'noop', accept: 'text/x-component', 'content-type': 'text/plain;charset=UTF-8' }
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: '[1]' })
  const own = [...response.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name))
  return { status: response.status, headers: own.flat(), body: await response.text() }
}

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
