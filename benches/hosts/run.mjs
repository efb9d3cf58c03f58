/**
 * Errand in a host beside the same host without it, which does by hand what is needed for the same answer: reads and parses
 * the body, writes the same bytes. Rounds alternate, so that what else the machine does hits both.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { encodeReply } from 'errand'

import { median, spread } from '../table.mjs'

const ROUNDS = 7
const SECONDS = 2

/** What a call is sent with; the body is text, for it goes through a message to the process that sends it. */
const call = (id, contentType, body) => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': contentType, accept: 'text/x-component', 'errand-action': id, 'sec-fetch-site': 'same-origin', 'content-length': String(Buffer.byteLength(body)) },
  body,
})

const TEXT = 'text/plain;charset=UTF-8'

async function requests() {
  const said = Array.from({ length: 100 }, (_, at) => ({ at, title: `entry ${at}`, text: 'lorem ipsum dolor sit amet, consectetur elit', done: at % 2 === 0 }))
  const form = new FormData()
  form.append('$ACTION_ID_save', '')
  form.append('title', 'first')
  form.append('text', 'lorem ipsum '.repeat(20))
  const file = new FormData()
  file.append('file', new File([letters(10 << 20)], 'file.bin'))
  const post = await multipart(form)
  const upload = await multipart(await encodeReply([file]))
  const { 'errand-action': _, ...formHeaders } = call('', post.contentType, post.body).headers
  return {
    noop: call('noop', TEXT, '[1]'),
    large: call('noop', TEXT, JSON.stringify([said])),
    refused: { ...call('noop', TEXT, '[1]'), headers: { ...call('noop', TEXT, '[1]').headers, 'sec-fetch-site': 'cross-site' } },
    form: { ...call('', post.contentType, post.body), headers: formHeaders },
    upload: call('upload', upload.contentType, upload.body),
  }
}

async function multipart(form) {
  const sent = new Response(form)
  return { contentType: sent.headers.get('content-type'), body: await sent.text() }
}

/** No two lines alike: nothing that could be skipped. */
function letters(length) {
  let state = 1
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) bytes[at] = 33 + ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 16) % 90
  return bytes
}

/** @returns {Promise<import('../table.mjs').Row[]>} */
export async function hosts() {
  const { noop, large, refused, form, upload } = await requests()
  const bare = 'bare node:http'
  return [
    ...(await compare(noop, { what: 'no-op action, handler.node', ours: 'errand', against: bare, theirs: 'parse', goal: '≥ 0.80', hasTail: true })),
    ...(await compare(noop, { what: 'no-op action, Express', ours: 'errand in express', against: 'bare Express route', theirs: 'parse in express', goal: '≥ 0.80', hasTail: true })),
    ...(await compare(large, { what: 'call of 10 KB, handler.node', ours: 'errand', against: bare, theirs: 'parse' })),
    ...(await compare(refused, { what: 'refused call, handler.node', ours: 'errand', against: bare, theirs: 'unread', goal: '≥ 1.00' })),
    ...(await compare(form, { what: 'form post, handler.node', ours: 'errand', against: 'node:http and busboy', theirs: 'busboy' })),
    ...(await compare(upload, { what: 'upload of 10 MB, handler.node', ours: 'errand', against: 'node:http and busboy', theirs: 'busboy', connections: 4 })),
    ...(await compare(upload, { what: 'upload of 10 MB, handler.node', ours: 'errand', against: "React's decodeReplyFromBusboy", theirs: 'react', connections: 4, goal: '≥ 2.00', hasMemory: true })),
  ]
}

/** @returns {Promise<import('../table.mjs').Row[]>} */
async function compare(asked, { what, ours, against, theirs, goal, connections = 16, hasTail = false, hasMemory = false }) {
  const errand = await server(ours)
  const answer = await answerOf(errand.port, asked)
  const other = await server(theirs, { ANSWER: JSON.stringify(answer) })
  const load = fork(fileURLToPath(new URL('../http/load.mjs', import.meta.url)))
  try {
    const round = async ({ port }, seconds) => {
      load.send({ port, request: textOf(port, asked), seconds, connections, hasTail: true })
      const [measured] = await Promise.race([once(load, 'message'), once(load, 'exit')])
      if (typeof measured !== 'object') throw new Error(`${what}: an answer was not as expected`)
      return measured
    }
    const idle = [await errand.peakBytes(), await other.peakBytes()]
    for (const each of [other, errand]) await round(each, 1) // warm
    const ratios = { rate: [], tail: [] }
    for (let at = 0; at < ROUNDS; at += 1) {
      const [base, own] = [await round(other, SECONDS), await round(errand, SECONDS)]
      ratios.rate.push(own.rate / base.rate)
      ratios.tail.push(own.p99Ms / base.p99Ms)
    }
    const grown = [(await errand.peakBytes()) - idle[0], (await other.peakBytes()) - idle[1]]
    return [
      row(what, against, ratios.rate, 'higher', goal),
      ...(hasTail ? [row(`${what}: 99th percentile`, against, ratios.tail, 'lower', '≤ 1.00')] : []),
      ...(hasMemory ? [{ what: `${what}: peak memory of ${connections} at a time`, against, ratio: grown[0] / grown[1], better: 'lower' }] : []),
    ]
  } finally {
    for (const { child } of [errand, other, { child: load }]) child.disconnect()
  }
}

function row(what, against, ratios, better, goal) {
  return { what, against, ratio: median(ratios), spread: spread(ratios), better, ...(goal && { goal }) }
}

async function server(name, env = {}) {
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production', SERVER: name, ...env },
  })
  const [{ port }] = await once(child, 'message')
  const peakBytes = async () => {
    child.send('peak')
    const [told] = await once(child, 'message')
    return told.peakBytes
  }
  return { child, port, peakBytes }
}

/** What Errand answers, to the byte, but for what `node:http` adds to both. */
async function answerOf(port, { method, path, headers, body }) {
  const request = httpRequest({ port, host: '127.0.0.1', method, path, headers: { ...headers, origin: `http://127.0.0.1:${port}` } })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  const own = Object.entries(response.headers).filter(([name]) => !['date', 'connection', 'keep-alive', 'transfer-encoding', 'x-powered-by'].includes(name))
  return { status: response.statusCode, headers: own.flat(), body: Buffer.concat(chunks).toString() }
}

function textOf(port, { method, path, headers, body }) {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, ...headers })
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}
