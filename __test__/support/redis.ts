/** A real Redis (or Valkey) of one test. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { findRedis } from '../../scripts/support/programs.mjs'
import { freePort } from './ports.ts'
import { tempFolder } from './temp.ts'

export interface RedisServer {
  url: string
  /** The power fails. */
  kill(): Promise<void>
  startAgain(): Promise<void>
  /** Stands still, with its connections open. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

/** One on a free port, which writes each command to disk before it answers. */
export async function startRedis(): Promise<RedisServer> {
  const program = findRedis()
  if (program === null) throw new Error('no Redis: run `node scripts/setup.mjs --test`')
  const folder = tempFolder('redis')
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  let child: ChildProcess
  const up = async (): Promise<void> => {
    child = spawn(program, args, { stdio: 'ignore' })
    for (let tries = 0; !(await answers(port)); tries += 1) {
      if (tries > 200) throw new Error('Redis was not up in time')
      await sleep(25)
    }
  }
  const kill = async (): Promise<void> => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await up()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    startAgain: up,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await kill()
      folder.remove()
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString().startsWith('+PONG'))
    })
    socket.once('error', () => resolve(false))
  })
}
