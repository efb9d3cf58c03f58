/** Rows of a result that goes on come through what compresses: each before the next is made. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constants } from 'node:zlib'

import compression from 'compression'
import koaCompress from 'koa-compress'

import type { Before, Host } from './app.ts'
import { express4Host, express5Host, koa2Host, koa3Host } from './node-hosts.ts'
import { mounted, resultOf } from './suite.ts'

/** As `docs/hosts.md` has it. */
const FLUSHING = { gzip: { flush: constants.Z_SYNC_FLUSH }, br: { flush: constants.BROTLI_OPERATION_FLUSH } }

const cases: [host: Host, what: string, before: () => Before][] = [
  [express5Host, 'compression', () => compression({ threshold: 0 })],
  [express4Host, 'compression', () => compression({ threshold: 0 })],
  [koa3Host, 'koa-compress', () => koaCompress({ threshold: 0, ...FLUSHING })],
  [koa2Host, 'koa-compress', () => koaCompress({ threshold: 0, ...FLUSHING })],
]

for (const [host, what, before] of cases) {
  describe(`${host.name} with ${what}`, () => {
    for (const encoding of ['gzip', 'br']) {
      test(encoding, async () => {
        const app = await mounted(host, { before: [before()] })
        try {
          const headers = { 'accept-encoding': encoding }
          const response = await app.call('rows', [], { headers })
          assert.equal(response.headers.get('content-encoding'), encoding)
          const got: unknown[] = []
          for await (const row of (await resultOf(response)) as AsyncIterable<unknown>) {
            got.push(row)
            app.events.mayGoOn.happen()
          }
          assert.deepEqual(got, ['first', 'second'])

          const text = 'a'.repeat(5000)
          const whole = await app.call('echo', [text], { headers })
          assert.equal(whole.headers.get('content-encoding'), encoding)
          assert.equal(await resultOf(whole), text)
          const signed = await app.call('sign', ['ada'], { headers })
          assert.equal(signed.headers.getSetCookie().length, 2)
          assert.equal(await resultOf(signed), 'ada')
        } finally {
          await app.close()
        }
      })
    }
  })
}
