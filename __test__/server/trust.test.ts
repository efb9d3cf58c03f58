/** Whom a server believes about its own name: `trustProxy` and `allowedOrigins`, over real sockets. */

import assert from 'node:assert/strict'
import { afterEach, describe, mock, test } from 'node:test'

import { createHandler, type HandlerOptions } from 'errand/server'
import { redirect } from 'errand/navigation'

import { type Running, serve } from './host.ts'

let server: Running | undefined
afterEach(async () => {
  mock.restoreAll()
  await server?.close()
  server = undefined
})

const start = async (options: Partial<HandlerOptions>): Promise<Running> => {
  await server?.close()
  return (server = await serve({
    actions: { act: () => async () => 'done', leave: () => async () => redirect('https://app.test/next') },
    ...options,
  }))
}

const throughProxy = { host: 'inner:3000', origin: 'https://app.test', 'x-forwarded-host': 'app.test' }

describe('a proxy in front [D143, D144]', () => {
  for (const [what, options, headers, status] of [
    ['is not believed unless the operator says so', {}, throughProxy, 403],
    ['is believed where everybody is', { trustProxy: true }, throughProxy, 200],
    ['is believed at its address', { trustProxy: '127.0.0.1' }, throughProxy, 200],
    ['is believed in its network', { trustProxy: ['10.0.0.0/8', '127.0.0.0/8'] }, throughProxy, 200],
    ['is not believed from elsewhere', { trustProxy: '10.0.0.0/8' }, throughProxy, 403],
    ['that keeps Host needs no trust', {}, { host: 'app.test', origin: 'https://app.test' }, 200],
    ['does not open the inner name', { trustProxy: true }, { ...throughProxy, origin: 'http://inner:3000' }, 403],
    ['may drop the port from the name and say it apart', { trustProxy: true }, { ...throughProxy, origin: 'https://app.test:8443', 'x-forwarded-port': '8443' }, 200],
    ['may speak the standard’s header', { trustProxy: true }, { host: 'inner', origin: 'https://app.test', forwarded: 'for=1.2.3.4;host=app.test' }, 200],
    ['that is the last of two counts from the end', { trustProxy: 1 }, { ...throughProxy, 'x-forwarded-host': 'evil.test, app.test' }, 200],
    ['may not be skipped', { trustProxy: 1 }, { ...throughProxy, 'x-forwarded-host': 'app.test, evil.test' }, 403],
  ] as [string, Partial<HandlerOptions>, Record<string, string>, number][]) {
    test(what, async () => {
      mock.method(console, 'warn', () => {})
      const sent = await (await start(options)).call('act', [], headers)
      assert.equal(sent.status, status, sent.text)
    })
  }

  test('a redirect to the public name stays on this origin', async () => {
    const external = await (await start({})).call('leave', [], { host: 'inner', 'x-forwarded-host': 'app.test' })
    assert.equal(external.headers['errand-redirect'], '303;https://app.test/next')
    const internal = await (await start({ trustProxy: true })).call('leave', [], throughProxy)
    assert.equal(internal.headers['errand-redirect'], '303;/next')
  })

  test('a refusal logs one line: seen, expected, and the option that would accept it', async () => {
    const warn = mock.method(console, 'warn', () => {})
    /** A server on other threads may answer before it says so. */
    const lines = async (count: number): Promise<void> => {
      while (warn.mock.callCount() < count) await new Promise(setImmediate)
      assert.equal(warn.mock.callCount(), count)
    }
    await (await start({})).call('act', [], throughProxy)
    await lines(1)
    const line = String(warn.mock.calls[0]!.arguments[0])
    assert.match(line, /^errand::origin-mismatch: .*saw https:\/\/app\.test, expected inner:3000; .*trustProxy: '127\.0\.0\.1'/)
    await server!.call('act', [], { host: 'inner:3000', origin: `https://b.test\u00e9${'x'.repeat(200)}` })
    await lines(2)
    const second = String(warn.mock.calls[1]!.arguments[0])
    assert.match(second, /allowedOrigins: \['/)
    assert.ok(second.length < 500 && !/[\r\n\u001b]/.test(second), second)
  })
})

describe('origins from the environment, for who only runs the server', () => {
  const environment = async (name: string, value: string, headers: Record<string, string>): Promise<number> => {
    mock.method(console, 'warn', () => {})
    process.env[name] = value
    try {
      return (await (await start({})).call('act', [], headers)).status
    } finally {
      delete process.env[name]
    }
  }

  test('ERRAND_ALLOWED_ORIGINS', async () => {
    const from = (origin: string) => environment('ERRAND_ALLOWED_ORIGINS', ' app.test , **.friend.test', { host: 'inner', origin })
    assert.equal(await from('https://app.test'), 200)
    assert.equal(await from('https://a.b.friend.test'), 200)
    assert.equal(await from('https://evil.test'), 403)
  })

  test('ERRAND_TRUST_PROXY', async () => {
    assert.equal(await environment('ERRAND_TRUST_PROXY', 'loopback', throughProxy), 200)
    assert.equal(await environment('ERRAND_TRUST_PROXY', '10.0.0.0/8', throughProxy), 403)
  })
})

test('options that mean nothing or too much are refused at the start', () => {
  for (const bad of [{ trustProxy: 'yes' }, { trustProxy: ['loopback', 'true'] }, { allowedOrigins: ['*.com'] }, { allowedOrigins: ['a/b'] }]) {
    assert.throws(
      () => createHandler({ actions: {}, ...bad }),
      (error: Error & { code?: string }) => error.code === 'errand::bad-option' && error.message.startsWith(Object.keys(bad)[0]!),
    )
  }
})
