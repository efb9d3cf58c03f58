/** What is decoded and encoded, by whom. */

import { Readable } from 'node:stream'

import busboy from 'busboy'
import { decodeReply, encodeResult } from 'errand'
import { createHandler } from 'errand/server'

import { client, server } from './react.mjs'

export const PARTS = 100_000
const FILE_MB = 50

/** Enough for all of them. */
const limits = { body: '1gb', file: '1gb', files: 100, parts: PARTS + 1, nodes: 10_000_000, references: 10_000_000 }

const records = (bytes) => {
  const list = []
  for (let size = 0; size < bytes; ) {
    const n = list.length
    const record = { id: n, title: `Post number ${n}`, tags: ['a', 'b'], author: { name: 'Ada', admin: n % 2 === 0 }, score: n / 3 }
    size += JSON.stringify(record).length + 1
    list.push(record)
  }
  return list
}

/** The values, by their names. */
export const VALUES = {
  '11 B': ['hello', 1],
  '10 KB of records': [records(10_000)],
  '1 MB of records': [records(1_000_000)],
  '1 MB of one string': ['é'.repeat(500) + 'x'.repeat(999_000)],
}

const GOALS = { '11 B': '≥ 2×', '10 KB of records': '≥ 1.3×', '1 MB of records': '≥ 1.3×' }

export async function decodes() {
  const texts = Object.entries(VALUES).map(([what, value]) => {
    const text = JSON.stringify(value)
    return {
      what,
      goal: GOALS[what],
      ours: { pass: () => decodeReply(text, { limits }) },
      react: { pass: () => server.decodeReply(text, {}) },
      ...(text.length > 1000 && { floor: { pass: () => JSON.parse(text) } }),
    }
  })
  const many = await multipart([Array.from({ length: PARTS }, (_, n) => new Set([n]))])
  const files = await multipart(Array.from({ length: 20 }, (_, n) => new File([new Uint8Array(100_000).fill(n)], `${n}.bin`)))
  return [
    ...texts,
    ...[[`${PARTS} parts`, many, undefined], ['20 files of 100 KB', files, '≥ 3×']].map(([what, body, goal]) => ({
      what,
      goal,
      isMultipart: true,
      ours: { pass: () => decodeReply(body.bytes, { contentType: body.type, limits }) },
      react: { pass: () => fromBusboy(body.type, Readable.from([body.bytes])) },
    })),
    { ...streamed, isMultipart: true, goal: '≥ 3×', ours: { pass: streamed.ours }, react: { pass: streamed.react } },
  ]
}

/** What React's client sends for `args`. */
async function multipart(args) {
  const sent = new Response(await client.encodeReply(args))
  return { bytes: new Uint8Array(await sent.arrayBuffer()), type: sent.headers.get('content-type') }
}

async function fromBusboy(type, body) {
  const parser = busboy({ headers: { 'content-type': type } })
  const decoded = server.decodeReplyFromBusboy(parser, {})
  body.pipe(parser)
  return decoded
}

const BOUNDARY = 'b'
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** A body of one file, 64 KB at a time: nobody has it whole. */
function* fileBody() {
  const part = (name, rest) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`
  yield Buffer.from(part('1', '; filename="a.bin"\r\nContent-Type: x/y'))
  const chunk = Buffer.alloc(64 << 10, 7)
  for (let sent = 0; sent < FILE_MB << 20; sent += chunk.length) yield Buffer.from(chunk)
  yield Buffer.from(`\r\n${part('0', '')}["$B1"]\r\n--${BOUNDARY}--\r\n`)
}

let size = 0
const handler = createHandler({ actions: { take: () => (file) => void (size = file.size) }, limits })

/** Ours runs an action too: only a call has an end at which its files go. */
export const streamed = {
  what: `a ${FILE_MB} MB file, streamed`,
  async ours() {
    const headers = { 'errand-action': 'take', 'content-type': TYPE }
    const body = Readable.toWeb(Readable.from(fileBody()))
    const response = await handler.fetch(new Request('http://localhost/', { method: 'POST', headers, body, duplex: 'half' }))
    if (response?.status !== 200 || size !== FILE_MB << 20) throw new Error('the file was not taken')
  },
  async react() {
    const [file] = await fromBusboy(TYPE, Readable.from(fileBody()))
    if (file.size !== FILE_MB << 20) throw new Error('the file was not taken')
  },
}

export function encodes() {
  const values = {
    ...VALUES,
    '1000 Maps of Dates': Array.from({ length: 1000 }, (_, n) => new Map([['at', new Date(n)]])),
    '1 MB of bytes': new Uint8Array(1 << 20),
  }
  return Object.entries(values).map(([what, value]) => ({
    what,
    ours: { pass: () => drained(encodeResult(value)) },
    react: { pass: () => drained(server.renderToReadableStream(value)) },
  }))
}

async function drained(stream) {
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.length
  return bytes
}
