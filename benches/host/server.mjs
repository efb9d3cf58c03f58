/** The servers that are compared; SERVER says which one this process is. ANSWER is what those that are bare write. */

import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { PAGE } from './next-app.mjs'
import './told.mjs'

const require = createRequire(import.meta.url)
const { status, headers, body } = JSON.parse(process.env.ANSWER ?? '{}')

/** Errand, whichever way requests come to it. */
async function errand() {
  const { createHandler } = await import('errand/server')
  const { redirect } = await import('errand/navigation')
  console.warn = () => {} // refused calls are one of the things that are measured
  return createHandler({
    secret: 'only-for-benches',
    actions: {
      noop: () => async () => {},
      save: () => async (form) => redirect(`/done/${form.get('title')}`),
      upload: () => async (form) => form.get('file').size,
    },
  })
}

const express = () => createRequire(new URL('../../__test__/hosts/package.json', import.meta.url))('express')()

function answer(res) {
  res.writeHead(status, headers)
  res.end(body)
}

/** Reads and parses what a call of JSON sends. */
function parsed(req, res) {
  const chunks = []
  req.on('data', (chunk) => chunks.push(chunk))
  req.on('end', () => {
    if (!Array.isArray(JSON.parse(Buffer.concat(chunks).toString()))) throw new Error('no arguments')
    answer(res)
  })
}

let files = 0

/** Fields into memory, files to the disk while the answer is not there yet: what anybody would write. */
function parsedByBusboy(req, res) {
  const busboy = require('busboy')({ headers: req.headers })
  const fields = new Map()
  const stored = []
  busboy.on('field', (name, value) => fields.set(name, value))
  busboy.on('file', (_name, stream) => {
    const path = join(tmpdir(), `bench-${process.pid}-${(files += 1)}`)
    stored.push(pipeline(stream, createWriteStream(path)).then(() => path))
  })
  busboy.on('close', async () => {
    const paths = await Promise.all(stored)
    answer(res)
    await Promise.all(paths.map((path) => rm(path)))
  })
  req.pipe(busboy)
}

/** React's own decoder and encoder. */
async function react() {
  const { server } = await import('../react.mjs')
  return async (req, res) => {
    const busboy = require('busboy')({ headers: req.headers })
    req.pipe(busboy)
    const [form] = await server.decodeReplyFromBusboy(busboy, {})
    const rows = server.renderToPipeableStream({ a: Promise.resolve(form.get('file').size) }, {}).pipe(new PassThrough())
    const body = Buffer.concat(await rows.toArray()) // the load counts bytes: it has to know how many
    res.writeHead(200, { 'content-type': 'text/x-component', 'content-length': body.length })
    res.end(body)
  }
}

/** Gives its port. */
async function listening(handle) {
  const server = createServer(handle)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

const SERVERS = {
  async node() {
    const { node } = await errand()
    return listening((req, res) => void node(req, res))
  },
  express: async () => listening(express().use((await errand()).node)),
  async listen() {
    const handler = await errand()
    const page = handler.page(() => `<!doctype html>${PAGE}`, { revalidate: 3600 })
    return (await handler.listen({ host: '127.0.0.1', fetch: page })).port
  },
  parse: () => listening(parsed),
  'parse in express': () => listening(express().post('/', parsed)),
  unread: () => listening((_req, res) => answer(res)),
  busboy: () => listening(parsedByBusboy),
  react: async () => listening(await react()),
}

process.send({ port: await SERVERS[process.env.SERVER]() })
