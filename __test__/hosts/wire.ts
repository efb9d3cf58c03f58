/** One connection, in bytes: a sender that reads nothing before it has sent everything. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Answer {
  status: number
  headers: Map<string, string>
  text: string
}

export class Wire {
  readonly #socket: Socket
  #failure: Error | undefined
  #held: Buffer = Buffer.alloc(0)

  static async open(port: number): Promise<Wire> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Wire(socket)
  }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.pause()
    socket.on('error', (error) => (this.#failure = error))
  }

  /** Sends a whole request. Nothing of the answer is taken from the kernel meanwhile: a reset would lose it. */
  async send(headers: Record<string, string>, body: Buffer, isChunked: boolean): Promise<void> {
    const framing = isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.byteLength) }
    const lines = Object.entries({ host: 'localhost', ...headers, ...framing }).map(([name, value]) => `${name}: ${value}\r\n`)
    await this.#write(`POST /page HTTP/1.1\r\n${lines.join('')}\r\n`)
    const PIECE = 64 << 10
    for (let at = 0; at < body.byteLength; at += PIECE) {
      const piece = body.subarray(at, at + PIECE)
      await this.#write(isChunked ? Buffer.concat([Buffer.from(`${piece.byteLength.toString(16)}\r\n`), piece, Buffer.from('\r\n')]) : piece)
    }
    if (isChunked) await this.#write('0\r\n\r\n')
  }

  /** @throws when the connection ends before the answer was there whole. */
  async answer(): Promise<Answer> {
    const head = (await this.#until('\r\n\r\n')).split('\r\n')
    const status = Number(head[0]?.split(' ')[1])
    const headers = new Map(head.slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]))
    if (headers.get('transfer-encoding') !== 'chunked') {
      return { status, headers, text: await this.#take(Number(headers.get('content-length'))) }
    }
    let text = ''
    for (;;) {
      const length = parseInt(await this.#until('\r\n'), 16)
      text += await this.#take(length)
      await this.#until('\r\n')
      if (length === 0) return { status, headers, text }
    }
  }

  /** Waits for the server's end of the connection. @throws when it is reset. */
  async end(): Promise<void> {
    while (await this.#more()) {
      // nothing is expected any more
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  async #write(bytes: string | Buffer): Promise<void> {
    if (this.#failure) throw this.#failure
    await new Promise<void>((resolve, reject) => this.#socket.write(bytes, (error) => (error ? reject(error) : resolve())))
  }

  async #until(end: string): Promise<string> {
    for (;;) {
      const at = this.#held.indexOf(end)
      if (at >= 0) {
        const text = this.#held.toString('latin1', 0, at)
        this.#held = this.#held.subarray(at + end.length)
        return text
      }
      if (!(await this.#more())) throw new Error('the connection ended before the answer')
    }
  }

  async #take(length: number): Promise<string> {
    while (this.#held.byteLength < length) {
      if (!(await this.#more())) throw new Error('the connection ended within the answer')
    }
    const text = this.#held.toString('utf8', 0, length)
    this.#held = this.#held.subarray(length)
    return text
  }

  /** @throws when the connection broke off; `false` when it ended well. */
  async #more(): Promise<boolean> {
    for (;;) {
      const chunk = this.#socket.read() as Buffer | null
      if (chunk !== null) {
        this.#held = Buffer.concat([this.#held, chunk])
        return true
      }
      if (this.#failure) throw this.#failure
      if (this.#socket.readableEnded) return false
      if (this.#socket.destroyed) throw new Error('the connection is closed')
      await new Promise<void>((resolve) => {
        const events = ['readable', 'end', 'close', 'error'] as const
        const done = (): void => {
          for (const event of events) this.#socket.off(event, done)
          resolve()
        }
        for (const event of events) this.#socket.on(event, done)
      })
    }
  }
}
