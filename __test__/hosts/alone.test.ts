/** Errand changes nothing that belongs to everybody. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

/** What of the process other people's code relies on, before Errand is loaded and after it has answered. */
const SCRIPT = `
  import http from 'node:http'
  import https from 'node:https'
  import net from 'node:net'
  import stream from 'node:stream'
  import { once } from 'node:events'

  const owned = () => new Map(Object.entries({
    globalThis, Promise, Object, Array, Error, JSON, Symbol, Function, http, https, net, stream,
    'Promise.prototype': Promise.prototype, 'Object.prototype': Object.prototype, 'Array.prototype': Array.prototype,
    'Request.prototype': Request.prototype, 'Response.prototype': Response.prototype, 'Headers.prototype': Headers.prototype,
    'FormData.prototype': FormData.prototype, 'ReadableStream.prototype': ReadableStream.prototype,
    'IncomingMessage.prototype': http.IncomingMessage.prototype, 'ServerResponse.prototype': http.ServerResponse.prototype,
    'Server.prototype': http.Server.prototype, 'Socket.prototype': net.Socket.prototype, 'process': process,
  }).flatMap(([name, object]) =>
    Reflect.ownKeys(object).map((key) => [name + '.' + String(key), Object.getOwnPropertyDescriptor(object, key)])))
  const handlers = () => JSON.stringify(process.eventNames().map((name) => [String(name), process.listenerCount(name)]))

  fetch('data:,').catch(() => {}) // Node makes some of these when they are first used
  void [crypto, performance, process.allowedNodeEnvironmentFlags]
  await new Promise((resolve) => setTimeout(resolve, 50))
  const [before, listening] = [owned(), handlers()]

  const { createHandler } = await import('errand/server')
  const errand = createHandler({ actions: { add: () => async (a, b) => a + b }, secret: 'for-this-test-only' })
  const server = http.createServer((req, res) => void errand.node(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const call = { method: 'POST', headers: { 'errand-action': 'add' }, body: '[1,2]' }
  const response = await fetch('http://127.0.0.1:' + server.address().port, call)
  if (!(await response.text()).includes('3')) throw new Error('the call failed')
  await errand.close()
  server.closeAllConnections()
  server.close()

  const changed = []
  for (const [name, now] of owned()) {
    if (name.includes('Symbol(errand.') || name.startsWith('process._')) continue
    const was = before.get(name)
    if (!was || !Object.is(was.value, now.value) || was.get !== now.get || was.set !== now.set) changed.push(name)
  }
  for (const name of before.keys()) if (!owned().has(name)) changed.push(name)
  if (handlers() !== listening) changed.push('listeners of process')
  process.stdout.write(JSON.stringify(changed))
`

test('no global, no prototype and no listener of the process is another afterwards', () => {
  const args = ['--no-warnings', '--input-type=module', '-e', SCRIPT]
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  assert.deepEqual(JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })), [])
})
