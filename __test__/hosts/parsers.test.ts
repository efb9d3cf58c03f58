/** Body parsers that stand before Errand: what they left is used, or it is said which one is in the way. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { bodyParser } from '@koa/bodyparser'
import express, { type RequestHandler } from 'express'
import express4 from 'express-4'
import type { MiddlewareHandler } from 'hono'
import { koaBody } from 'koa-body'
import multer from 'multer'

import { type Before, bytesOf, type Host } from './app.ts'
import { honoHost, plainFetchHost } from './fetch-hosts.ts'
import { express4Host, express5Host, fastifyHost, koa2Host, koa3Host } from './node-hosts.ts'
import { FILE, formOf, type Mounted, mounted, resultOf } from './suite.ts'

const WORKS = 'works'
const CONSUMED = 'errand::body-consumed'
/** The parser itself doesn't take it, or takes it for the app: it never comes to us. */
const THEIRS = 'theirs'

/** What becomes of a call, of one with a file, of a form without JavaScript and of the same with a file. */
type Expected = [call: string, upload: string, form: string, fileForm: string]

interface Case {
  host: Host
  parser: string
  before: Before[]
  expected: Expected
}

const ALL: Expected = [WORKS, WORKS, WORKS, WORKS]

/** Who puts the bytes beside what it made of them, as cloud functions do. */
const rawBody: RequestHandler = (req, _res, next) => {
  bytesOf(req).then((bytes) => {
    Object.assign(req, { rawBody: bytes, body: {} })
    next()
  }, next)
}

/** Who makes a `FormData` of it. */
const formData: RequestHandler = (req, _res, next) => {
  const body = Readable.toWeb(req) as ReadableStream
  const parsed = new Response(body, { headers: { 'content-type': req.headers['content-type'] ?? '' } })
  const what = req.is('multipart/form-data') ? parsed.formData() : parsed.text()
  what.then((value) => {
    req.body = value
    next()
  }, next)
}

/** Who reads it for itself. */
const thief: RequestHandler = (req, _res, next) => {
  bytesOf(req).then(() => next(), next)
}

const hono = (read: (c: Parameters<MiddlewareHandler>[0]) => Promise<unknown>): MiddlewareHandler => async (c, next) => {
  await read(c)
  await next()
}

const cases: Case[] = [
  ...[express5Host, express4Host].flatMap((host): Case[] => {
    const { json, urlencoded, text, raw } = host === express5Host ? express : express4
    return [
      { host, parser: 'json and urlencoded', before: [json(), urlencoded({ extended: true })], expected: ALL },
      { host, parser: 'text', before: [text()], expected: ALL },
      { host, parser: 'text for any type', before: [text({ type: '*/*' })], expected: [WORKS, CONSUMED, WORKS, CONSUMED] },
      { host, parser: 'raw for any type', before: [raw({ type: '*/*', limit: '1mb' })], expected: ALL },
      { host, parser: 'json for any type', before: [json({ type: '*/*' })], expected: [WORKS, THEIRS, THEIRS, THEIRS] },
      { host, parser: 'multer', before: [multer().any()], expected: [WORKS, CONSUMED, CONSUMED, CONSUMED] },
      { host, parser: 'rawBody', before: [rawBody], expected: ALL },
      { host, parser: 'FormData', before: [formData], expected: ALL },
      { host, parser: 'one that leaves nothing', before: [thief], expected: [CONSUMED, CONSUMED, THEIRS, THEIRS] },
    ]
  }),
  ...[koa3Host, koa2Host].flatMap((host): Case[] => [
    { host, parser: '@koa/bodyparser', before: [bodyParser()], expected: ALL },
    { host, parser: '@koa/bodyparser for text', before: [bodyParser({ enableTypes: ['json', 'form', 'text'] })], expected: ALL },
    { host, parser: 'koa-body', before: [koaBody()], expected: ALL },
    { host, parser: 'koa-body for multipart', before: [koaBody({ multipart: true })], expected: [WORKS, CONSUMED, CONSUMED, CONSUMED] },
  ]),
  { host: fastifyHost, parser: 'its own', before: [], expected: ALL },
  {
    host: fastifyHost,
    parser: 'one for any type',
    before: [Object.assign(async (app: any) => app.addContentTypeParser('*', { parseAs: 'string' }, async () => 'mine'), { [Symbol.for('skip-override')]: true })],
    expected: ALL,
  },
  { host: honoHost, parser: 'c.req.text()', before: [hono((c) => c.req.text())], expected: [WORKS, CONSUMED, WORKS, CONSUMED] },
  { host: honoHost, parser: 'c.req.arrayBuffer()', before: [hono((c) => c.req.arrayBuffer())], expected: ALL },
  { host: honoHost, parser: 'c.req.blob()', before: [hono((c) => c.req.blob())], expected: ALL },
  { host: honoHost, parser: 'c.req.parseBody()', before: [hono((c) => c.req.parseBody())], expected: ALL },
  { host: honoHost, parser: 'one of the bare request', before: [hono((c) => c.req.raw.arrayBuffer())], expected: [CONSUMED, CONSUMED, THEIRS, THEIRS] },
  {
    host: plainFetchHost,
    parser: 'request.arrayBuffer()',
    before: [(request: Request) => request.arrayBuffer()],
    expected: [CONSUMED, CONSUMED, THEIRS, THEIRS],
  },
  {
    host: plainFetchHost,
    parser: 'a clone',
    before: [(request: Request) => request.clone().arrayBuffer()],
    expected: ALL,
  },
]

/** Small enough for the parsers' own limits, and no text. */
const BYTES = FILE.subarray(0, 20_000)

/** Sends one of each kind, and tells what became of it. */
const SENT: [what: string, send: (app: Mounted) => Promise<string>][] = [
  [
    'a call',
    async (app) => {
      const args = { text: 'é', list: [1, -0, null], when: new Date(5) }
      return became(await app.call('echo', [args]), async (response) => isDeepStrictEqual(await resultOf(response), args))
    },
  ],
  [
    'a call with a file',
    async (app) => {
      return became(await app.call('upload', [fileForm(new FormData())]), async (response) => isDeepStrictEqual(await resultOf(response), uploaded))
    },
  ],
  ['a form', (app) => post(app, formOf('go', { title: 'é' }))],
  ['a form with a file', (app) => post(app, fileForm(formOf('go', { title: 'é' })))],
]

function fileForm(form: FormData): FormData {
  if (!form.has('title')) form.append('title', 'é')
  form.append('file', new File([BYTES], 'bytes.bin'))
  return form
}

const uploaded = ['é', 'bytes.bin', BYTES.byteLength, createHash('sha256').update(BYTES).digest('hex')]

async function post(app: Mounted, body: FormData): Promise<string> {
  const response = await fetch(`${app.url}/page`, { method: 'POST', body, redirect: 'manual', headers: { origin: app.url } })
  return became(response, async () => response.headers.get('location') === `/posts/${encodeURIComponent('é')}`)
}

for (const { host, parser, before, expected } of cases) {
  describe(`${host.name} with ${parser}`, () => {
    for (const [at, [what, send]] of SENT.entries()) {
      test(`${what}: ${expected[at]}`, async () => {
        const app = await mounted(host, { before })
        try {
          assert.equal(await send(app), expected[at])
          const codes = app.errors.map((error) => (error as { code?: string }).code)
          assert.equal(codes.includes(CONSUMED), expected[at] === CONSUMED, String(codes))
        } finally {
          await app.close()
        }
      })
    }
  })
}

async function became(response: Response, isAsExpected: (response: Response) => Promise<boolean>): Promise<string> {
  if (response.status === 200 || response.status === 303) return (await isAsExpected(response)) ? WORKS : 'another result'
  const text = await response.text()
  return response.status === 418 && text.includes(CONSUMED) ? CONSUMED : THEIRS
}
