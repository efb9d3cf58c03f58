/** What is asked, as a browser would send it; bodies are text, for they go through a message to the process that sends. */

import { createRequire } from 'node:module'
import { request as httpRequest } from 'node:http'
import { once } from 'node:events'

import { encodeReply } from 'errand'

import { NEXT } from './next-app.mjs'

/** @typedef {{ method: string, path: string, headers: Record<string, string>, body: string }} Asked */

const TEXT = 'text/plain;charset=UTF-8'

/** @returns {Asked} */
const post = (headers, contentType, body) => ({
  method: 'POST',
  path: '/',
  headers: { 'content-type': contentType, ...headers, 'content-length': String(Buffer.byteLength(body)) },
  body,
})

/** A call as `errand/client` makes it. */
const call = (id, contentType, body, site = 'same-origin') =>
  post({ accept: 'text/x-component', 'errand-action': id, 'sec-fetch-site': site }, contentType, body)

/** A call as Next's router makes it, with the tree that it is at. */
const nextCall = (id, contentType, body) =>
  post({ accept: 'text/x-component', 'next-action': id, 'next-router-state-tree': TREE, 'sec-fetch-site': 'same-origin' }, contentType, body)

const TREE = encodeURIComponent(JSON.stringify(['', { children: ['__PAGE__', {}, null, null] }, null, null, true]))

const entries = () =>
  Array.from({ length: 100 }, (_, at) => ({ at, title: `entry ${at}`, text: 'lorem ipsum dolor sit amet, consectetur elit', done: at % 2 === 0 }))

/** @type {Asked} */
const page = { method: 'GET', path: '/page', headers: { accept: 'text/html' }, body: '' }

export async function requests() {
  const form = await multipart(formOf('save'))
  const upload = await multipart(await encodeReply([fileForm()]))
  return {
    noop: call('noop', TEXT, '[1]'),
    large: call('noop', TEXT, JSON.stringify([entries()])),
    refused: call('noop', TEXT, '[1]', 'cross-site'),
    form: post({}, form.contentType, form.body),
    upload: call('upload', upload.contentType, upload.body),
    page,
  }
}

/** The same for the app of Next's. @param {Record<string, string>} ids */
export async function nextRequests(ids) {
  const { encodeReply: encode } = createRequire(import.meta.url)(`${NEXT}/dist/compiled/react-server-dom-turbopack/client.node.js`)
  const form = await multipart(formOf(ids.save))
  const upload = await multipart(await encode([fileForm()]))
  const foreign = nextCall(ids.noop, TEXT, '[1]')
  return {
    noop: nextCall(ids.noop, TEXT, await encode([1])),
    large: nextCall(ids.noop, TEXT, await encode([entries()])),
    refused: { ...foreign, headers: { ...foreign.headers, origin: 'https://other.test', 'sec-fetch-site': 'cross-site' } },
    form: post({}, form.contentType, form.body),
    upload: nextCall(ids.upload, upload.contentType, upload.body),
    page,
  }
}

function formOf(id) {
  const form = new FormData()
  form.append(`$ACTION_ID_${id}`, '')
  form.append('title', 'first')
  form.append('text', 'lorem ipsum '.repeat(20))
  return form
}

function fileForm() {
  const form = new FormData()
  form.append('file', new File([letters(10 << 20)], 'file.bin'))
  return form
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

/** What is added by `node:http` to each answer, or by Express. */
const ADDED = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'x-powered-by']

/** What a server answers, but for what is added to both. */
export async function answerOf(port, { method, path, headers, body }) {
  const request = httpRequest({ port, host: '127.0.0.1', method, path, headers: { origin: `http://127.0.0.1:${port}`, ...headers } })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  const own = Object.entries(response.headers).filter(([name]) => !ADDED.includes(name))
  return { status: response.statusCode, headers: own.flat(), body: Buffer.concat(chunks).toString() }
}

/** The request's bytes. */
export function textOf(port, { method, path, headers, body }) {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, ...headers })
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}
