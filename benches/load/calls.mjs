/** The kinds of calls of a load run. Each makes one with the number it is given, and checks all that comes back. */

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'

import { decodeResult, encodeReply } from 'errand'

/**
 * What is sure of a call's number on the server.
 *
 * @typedef {'once' | 'never' | 'perhaps'} Ran
 * @typedef {{ url: string, port: number, random: () => number }} Target
 */

/** Bytes that files are cut from. */
const POOL = randomBytes(4 << 20)
const LETTERS = 'lorem ipsum dolor sit amet, é 漢字 '.repeat(2000)

/** @type {[weight: number, name: string, call: (target: Target, number: number) => Promise<Ran>][]} */
export const KINDS = [
  [40, 'no-op', noop],
  [10, 'text', text],
  [8, 'upload', upload],
  [5, 'error', fail],
  [5, 'declared error', declare],
  [8, 'rows', rows],
  [3, 'rows left early', rowsLeft],
  [6, 'aborted', abort],
  [3, 'upload cut', cutUpload],
  [5, 'form', form],
  [3, 'foreign origin', foreign],
  [2, 'unknown action', unknown],
  [2, 'too large', tooLarge],
]

async function noop(target, number) {
  assert.equal(await resultOf(await call(target, 'noop', [number])), number)
  return 'once'
}

async function text(target, number) {
  const said = LETTERS.slice(0, 1 + Math.floor(target.random() * 20_000))
  assert.deepEqual(await resultOf(await call(target, 'text', [number, said])), [number, said.length, said])
  return 'once'
}

async function upload(target, number) {
  const { body, expected } = uploadOf(target, number)
  assert.deepEqual(await resultOf(await call(target, 'upload', [body])), expected)
  return 'once'
}

/** A file, which goes to the disk in two of three cases. */
function uploadOf({ random }, number) {
  const size = Math.floor(random() ** 2 * (1 << 20))
  const from = Math.floor(random() * (POOL.length - size))
  const bytes = POOL.subarray(from, from + size)
  const body = new FormData()
  body.append('number', String(number))
  body.append('file', new File([bytes], `${number}.bin`))
  return { body, expected: [number, size, createHash('sha256').update(bytes).digest('hex')] }
}

async function fail(target, number) {
  const response = await call(target, 'fail', [number])
  assert.equal(response.status, 500)
  await assert.rejects(resultOf(response), (error) => typeof error.digest === 'string')
  return 'once'
}

async function declare(target, number) {
  const response = await call(target, 'declare', [number])
  await assert.rejects(resultOf(response), (error) => error.data.number === number)
  return 'once'
}

async function rows(target, number) {
  const length = Math.floor(target.random() * 40)
  let at = 0
  for await (const row of await resultOf(await call(target, 'rows', [number, length]))) {
    assert.deepEqual(row, [number, at])
    at += 1
  }
  assert.equal(at, length)
  return 'once'
}

async function rowsLeft(target, number) {
  const leave = new AbortController()
  const response = await call(target, 'rows', [number, 10_000], { signal: leave.signal })
  const found = await resultOf(response)
  for await (const row of found) {
    assert.deepEqual(row, [number, 0])
    break
  }
  leave.abort()
  return 'once'
}

async function abort(target, number) {
  const leave = new AbortController()
  setTimeout(() => leave.abort(), target.random() * 20)
  const called = call(target, 'wait', [number, 60_000], { signal: leave.signal })
  await assert.rejects(called, { name: 'AbortError' })
  return 'perhaps'
}

/** The connection breaks off in the middle of a file. */
async function cutUpload(target, number) {
  const sent = new Response(await encodeReply([uploadOf(target, number).body]))
  const bytes = Buffer.from(await sent.arrayBuffer())
  const socket = connect(target.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  const head = Object.entries({ ...headersOf(target, 'upload'), host: `127.0.0.1:${target.port}`, 'content-type': sent.headers.get('content-type'), 'content-length': bytes.length })
  socket.write(`POST / HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  socket.write(bytes.subarray(0, Math.floor(target.random() * (bytes.length - 1))))
  await new Promise((resolve) => setTimeout(resolve, target.random() * 10))
  socket.destroy()
  return 'perhaps' // an action begins when its form is there, and the file may be
}

async function form(target, number) {
  const body = new FormData()
  body.append('$ACTION_ID_form', '')
  body.append('number', String(number))
  const response = await fetch(`${target.url}/page`, { method: 'POST', body, headers: { origin: target.url }, redirect: 'manual' })
  assert.deepEqual([response.status, response.headers.get('location')], [303, `/done/${number}`])
  await response.arrayBuffer()
  return 'once'
}

async function foreign(target, number) {
  return refused(await call(target, 'noop', [number], { headers: { ...headersOf(target, 'noop'), origin: 'https://elsewhere.test' } }), 403)
}

async function unknown(target, number) {
  return refused(await call(target, 'nothing', [number]), 404)
}

async function tooLarge(target, number) {
  return refused(await call(target, 'text', [number, 'a'.repeat(3 << 20)]), 413)
}

async function refused(response, status) {
  assert.equal(response.status, status)
  await response.arrayBuffer()
  return 'never'
}

async function call(target, id, args, init = {}) {
  return fetch(`${target.url}/page`, { method: 'POST', body: await encodeReply(args), headers: headersOf(target, id), ...init })
}

const headersOf = ({ url }, id) => ({ origin: url, accept: 'text/x-component', 'errand-action': id })

async function resultOf(response) {
  assert.equal(response.headers.get('content-type'), 'text/x-component', `${response.status}`)
  return (await decodeResult(response.body)).a
}
