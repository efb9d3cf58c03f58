/** Bytes over a socket, as no well-behaved client sends them. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is sent: text or bytes, or how many milliseconds to wait before more. */
export type Piece = string | Uint8Array | number

export interface Heard {
  /** All that came, each byte a character. */
  text: string
  /** Status codes of the answers, in their order; interim ones too. */
  statuses: number[]
  /** Whether the server ended the connection; else it is still open and was ended here. */
  isClosed: boolean
}

export interface HearOptions {
  /** Enough was heard when this is true. Default: never, so that only the end counts. */
  until?: (text: string) => boolean
  /** How long to listen at most. */
  mostMs?: number
  /** Cuts the connection as soon as everything was sent. */
  cut?: boolean
}

/** Sends `pieces`, and hears what comes back until the connection ends, or `until` says so. */
export async function hear(port: number, pieces: Piece[], options: HearOptions = {}): Promise<Heard> {
  const { until = () => false, mostMs = 5_000, cut = false } = options
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  let text = ''
  let isClosed = false
  const enough = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, mostMs)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const ended = (): void => {
      isClosed = true
      done()
    }
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (until(text)) done()
    })
    socket.on('end', ended).on('close', ended).on('error', ended) // a reset is an end too
  })
  const sent = send(socket, pieces, () => isClosed)
  if (cut) await sent
  else await enough
  socket.destroy()
  await sent
  return { text, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status)), isClosed }
}

async function send(socket: Socket, pieces: Piece[], isOver: () => boolean): Promise<void> {
  await once(socket, 'connect').catch(() => {})
  for (const piece of pieces) {
    if (isOver() || socket.destroyed) return
    if (typeof piece === 'number') await sleep(piece)
    else await new Promise((resolve) => socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece, resolve))
  }
}

/** Whether `text` holds so many whole answers that have a declared length. */
export function answers(count: number): (text: string) => boolean {
  return (text) => {
    let at = 0
    for (let seen = 0; seen < count; seen += 1) {
      const end = text.indexOf('\r\n\r\n', at)
      if (end < 0) return false
      const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(at, end))?.[1] ?? '0'
      at = end + 4 + Number(length)
      if (text.length < at) return false
    }
    return true
  }
}
