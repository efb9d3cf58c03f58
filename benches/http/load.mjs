/**
 * Asks a server as fast as it answers: each message `{ port, request, seconds, connections }` is one round, answered with
 * the answers per second; with `hasTail` it is `{ rate, p99Ms }`. It knows the answer's length from the first one and then only counts bytes, so that it costs
 * little of the machine that it shares with the server.
 */

import { connect } from 'node:net'
import process from 'node:process'

process.on('message', async ({ port, request, seconds, connections, hasTail }) => {
  const { rate, times } = await round(port, Buffer.from(request), seconds * 1000, connections)
  process.send?.(hasTail ? { rate, p99Ms: times.sort()[Math.floor(times.length * 0.99)] } : rate)
})
process.on('disconnect', () => process.exit())

async function round(port, request, ms, connections) {
  const end = performance.now() + ms
  const started = performance.now()
  const all = await Promise.all(Array.from({ length: connections }, () => caller(port, request, end)))
  const times = Float32Array.from(all.flat())
  return { rate: times.length / ((performance.now() - started) / 1000), times }
}

/** One keep-alive connection; gives how long each answer took, in ms. */
function caller(port, request, end) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    const times = []
    let asked = 0
    const ask = () => {
      asked = performance.now()
      socket.write(request)
    }
    let length = 0
    let seen = 0
    socket.on('connect', ask)
    socket.on('data', (chunk) => {
      // Another length is looked up: an `age` grows.
      if (seen === 0 && chunk.length !== length) length = lengthOf(chunk)
      seen += chunk.length
      if (seen < length) return
      if (seen > length) return socket.destroy(new Error('an answer is longer than it says'))
      seen = 0
      const now = performance.now()
      times.push(now - asked)
      if (now < end) return ask()
      socket.end()
      resolve(times)
    })
    socket.on('error', reject)
  })
}

/** Bytes of a whole answer, from its first chunk, which holds the head. */
function lengthOf(chunk) {
  const text = chunk.toString('latin1')
  const head = text.indexOf('\r\n\r\n') + 4
  const declared = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1]
  if (head < 4 || declared === undefined || !text.startsWith('HTTP/1.1 ')) throw new Error(`unexpected answer: ${text}`)
  return head + Number(declared)
}
