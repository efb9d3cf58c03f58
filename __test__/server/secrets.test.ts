/** Where secrets come from: captured values sealed by one process, opened by another. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, mock, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { bindCaptured, registerCapturing } from 'errand/runtime/server'
import { createHandler, type HandlerOptions } from 'errand/server'

import { tempFolder } from '../support/temp.ts'
import { type Running, serve } from './host.ts'

const [A, B] = ['a-secret-of-sufficient-length', 'another-secret-of-that-length']

const temp = (t: TestContext): string => {
  const { path, remove } = tempFolder('secrets')
  t.after(remove)
  return path
}

const act = registerCapturing(async (captured: unknown[]) => captured[0], 'act', 'act')

let server: Running | undefined
afterEach(async () => {
  mock.restoreAll()
  await server?.close()
  server = undefined
})

const start = async (options: Partial<HandlerOptions>): Promise<Running> => {
  await server?.close()
  return (server = await serve({ actions: { act: () => act }, ...options }))
}

const seal = (): unknown => (bindCaptured(act as never, () => ['captured']) as unknown as { $$bound: unknown[] }).$$bound[0]

const opens = async (sealed: unknown): Promise<string> => {
  const sent = await server!.call('act', [sealed])
  if (sent.status === 200) return 'opened'
  return (JSON.parse(sent.text) as { code: string }).code
}

describe('a ring of secrets', () => {
  test('opens what the build before sealed while its secret is listed', async () => {
    mock.method(console, 'warn', () => {})
    await start({ secret: A })
    const old = seal()
    assert.equal(await opens(old), 'opened')
    await start({ secret: [B, A] })
    assert.equal(await opens(old), 'opened')
    const fresh = seal()
    await start({ secret: B })
    assert.equal(await opens(fresh), 'opened')
    assert.equal(await opens(old), 'errand::seal-broken')
  })

  test('comes from the environment, separated by commas or line breaks', async () => {
    await start({ secret: B })
    const sealed = seal()
    process.env['ERRAND_SECRET'] = ` ${A}, ${B}\n`
    try {
      await start({})
    } finally {
      delete process.env['ERRAND_SECRET']
    }
    assert.equal(await opens(sealed), 'opened')
  })

  test('comes from a file, and from what is written into it later', async (t) => {
    mock.method(console, 'warn', () => {})
    const file = join(temp(t), 'secrets')
    writeFileSync(file, `# the only one\n${A}\n`)
    await start({ secret: { file } })
    const old = seal()
    writeFileSync(file, `${B}\n${A}\n`)
    utimesSync(file, new Date(), new Date(Date.now() + 10_000))
    await sleep(1_100)
    const fresh = seal()
    assert.equal(await opens(old), 'opened')
    await start({ secret: B })
    assert.equal(await opens(fresh), 'opened', 'the new one sealed, without a restart')
    process.env['ERRAND_SECRET_FILE'] = file
    try {
      await start({})
      assert.equal(await opens(old), 'opened')
    } finally {
      delete process.env['ERRAND_SECRET_FILE']
    }
  })

  test('comes from a function, which is asked again about a key that nobody knows', async () => {
    mock.method(console, 'warn', () => {})
    let secrets = [A]
    let asked = 0
    mock.method(performance, 'now', () => clock)
    let clock = 0
    await start({
      secret: async () => {
        asked += 1
        await sleep(20)
        return secrets
      },
    })
    assert.throws(() => seal(), { code: 'errand::no-secret' })
    await server!.handler.ready
    const old = seal()
    assert.equal(await opens(old), 'opened')

    await start({ secret: B })
    const foreign = seal()
    asked = 0
    await start({
      secret: () => {
        asked += 1
        return secrets
      },
    })
    await server!.handler.ready
    assert.equal(await opens(foreign), 'errand::seal-broken')
    assert.equal(asked, 1, 'not asked again at once')
    secrets = [B, A]
    clock += 10_000
    assert.equal(await opens(foreign), 'opened')
    assert.equal(await opens('forged'), 'errand::seal-broken')
    assert.equal(asked, 2)
  })

  test('a function that failed is asked by the next call, but not by each of many', async (t) => {
    let isUp = false
    let asked = 0
    await start({
      secret: () => {
        asked += 1
        if (!isUp) throw new Error('the vault is down')
        return A
      },
    })
    await assert.rejects(server!.handler.ready, /vault is down/)
    isUp = true
    for (let call = 0; call < 10; call += 1) await assert.rejects(server!.handler.ready, /vault is down/)
    assert.equal(asked, 1)
    const now = performance.now()
    t.mock.method(performance, 'now', () => now + 1000)
    await server!.handler.ready
    assert.equal(asked, 2)
    assert.equal(await opens(seal()), 'opened')
  })
})

describe('while a function has not answered, or fails', () => {
  test('pages and calls wait, and what is not ours does not', async () => {
    let answer = (_: string): void => {}
    await start({ secret: () => new Promise<string>((resolve) => (answer = resolve)) })
    const page = server!.handler.page(() => String(seal()))(new Request(`${server!.url}/page`))
    const call = server!.call('act', ['x'])
    assert.equal((await server!.send({ path: '/login', body: 'a=1' })).text, 'passed on with 3 bytes')
    const form = { 'content-type': 'multipart/form-data; boundary=B' }
    assert.match((await server!.send({ headers: form, body: '--B--\r\n' })).text, /^passed on/)
    answer(A)
    assert.equal(await opens(await (await page).text()), 'opened')
    assert.equal((await call).status, 400)
  })

  test('what it named before stays in use, and the operator is told', async () => {
    const warned = mock.method(console, 'warn', () => {})
    await start({ secret: B })
    const foreign = seal()
    let now = 0
    mock.method(performance, 'now', () => now)
    const down = new Error('the vault is down')
    let isUp = true
    await start({ secret: async () => (isUp ? A : Promise.reject(down)) })
    await server!.handler.ready
    isUp = false
    now = 10_000
    assert.equal(await opens(foreign), 'errand::seal-broken')
    assert.equal(await opens(seal()), 'opened')
    assert.ok(warned.mock.calls.some(({ arguments: [text, reason] }) => /stay in use/.test(text) && reason === down))
  })
})

test('a reference that stays on the server is sealed with the secret of its time', async (t) => {
  const reference = bindCaptured(act as never, () => ['captured']) as unknown as { $$bound: unknown[] }
  const file = join(temp(t), 'secrets')
  writeFileSync(file, A, { mode: 0o600 })
  await start({ secret: { file } })
  const [old] = reference.$$bound
  assert.equal(reference.$$bound[0], old)
  writeFileSync(file, B)
  utimesSync(file, new Date(), new Date(Date.now() + 10_000))
  while (reference.$$bound[0] === old) await sleep(20)
  await start({ secret: B })
  assert.equal(await opens(reference.$$bound[0]), 'opened')
})

test('a sealed value opens until its lifetime is over', async () => {
  mock.method(console, 'warn', () => {})
  await start({ secret: A, sealLifetime: 1 })
  const sealed = seal()
  assert.equal(await opens(sealed), 'opened')
  await sleep(2_000)
  assert.equal(await opens(sealed), 'errand::seal-expired')
})

describe('no secret given', () => {
  const script = fileURLToPath(new URL('./secret-process.mjs', import.meta.url))
  const run = async (cwd: string, env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [script], { cwd, env: { ...process.env, NODE_ENV: '', ERRAND_SECRET: '', ERRAND_SECRET_FILE: '', ...env } })

  test('is one made and kept, the same for all processes, even if they start at once', async (t) => {
    const folder = temp(t)
    mkdirSync(join(folder, 'node_modules'))
    const secret = join(folder, 'node_modules/.cache/errand/secret')
    const runs = await Promise.all(Array.from({ length: 6 }, () => run(folder)))
    const [first] = runs
    for (const { stdout, stderr } of runs) {
      assert.equal(stdout.split('\n')[0], first!.stdout.split('\n')[0], 'the same key')
      assert.equal(stderr, '', 'silent in development')
    }
    assert.ok(existsSync(secret))
    if (process.platform !== 'win32') assert.equal(statSync(secret).mode & 0o777, 0o600)
  })

  test('production is warned, once', async (t) => {
    const folder = temp(t)
    mkdirSync(join(folder, 'node_modules'))
    const { stderr } = await run(folder, { NODE_ENV: 'production' })
    assert.match(stderr, /^errand: no `secret` is set.*ERRAND_SECRET.*\n$/)
    if (process.platform === 'win32') return
    chmodSync(join(folder, 'node_modules/.cache/errand/secret'), 0o644)
    assert.match((await run(folder, { NODE_ENV: 'production' })).stderr, /can be read or changed by others \(mode 644\): chmod 600/)
    assert.equal((await run(folder, { NODE_ENV: 'production', ERRAND_SECRET: A })).stderr, '')
  })
})

test('a secret that can not be used is told without showing it', (t) => {
  const file = join(temp(t), 'secrets')
  writeFileSync(file, 'hunter2')
  for (const secret of ['hunter2', ['hunter2'], [], { file }]) {
    assert.throws(
      () => createHandler({ actions: {}, secret }),
      (error: Error & { code?: string }) => error.code === 'errand::bad-option' && !error.message.includes('hunter2'),
    )
  }
  assert.throws(() => createHandler({ actions: {}, secret: { file: join(file, 'none') } }), /secret: .* could not be read/)
})
