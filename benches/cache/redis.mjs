/** A Redis of the bench's own. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { findRedis } from '../../scripts/support/programs.mjs'

/** @param {string} folder @returns {Promise<{ url: string, stop(): Promise<void> }>} */
export async function startRedis(folder) {
  const program = findRedis()
  if (program === null) throw new Error('no Redis: run `node scripts/setup.mjs --bench`')
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const child = spawn(program, ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  for (let tries = 0; !(await isUp(port)); tries += 1) {
    if (tries > 200) throw new Error('Redis was not up in time')
    await sleep(25)
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/** @param {number} port @returns {Promise<boolean>} */
function isUp(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
