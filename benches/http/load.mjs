/**
 * Calls a server as fast as it answers: each message `{ port, seconds, connections }` is one round, answered with the
 * calls per second. It knows the answer's length from the first one and then only counts bytes, so that it costs
 * little of the machine that it shares with the server.
 */

import { connect } from 'node:net'
import process from 'node:process'

process.on('message', async ({ port, seconds, connections }) => {
  process.send?.(await round(port, seconds * 1000, connections))
})
process.on('disconnect', () => process.exit())

async function round(port, ms, connections) {
  const end = performance.now() + ms
  const started = performance.now()
  const counts = await Promise.all(Array.from({ length: connections }, () => caller(port, end)))
  return counts.reduce((sum, count) => sum + count) / ((performance.now() - started) / 1000)
}

/** One keep-alive connection; gives how many calls it made. */
function caller(port, end) {
  const request = Buffer.from(
    `POST / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: text/plain;charset=UTF-8\r\naccept: text/x-component\r\n` +
      `errand-action: noop\r\nsec-fetch-site: same-origin\r\norigin: http://127.0.0.1:${port}\r\ncontent-length: 3\r\n\r\n[1]`,
  )
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    let calls = 0
    let length = 0
    let seen = 0
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk) => {
      length ||= lengthOf(chunk)
      seen += chunk.length
      if (seen < length) return
      if (seen > length) return socket.destroy(new Error('an answer has another length than the first'))
      seen = 0
      calls += 1
      if (performance.now() < end) return void socket.write(request)
      socket.end()
      resolve(calls)
    })
    socket.on('error', reject)
  })
}

/** Bytes of a whole answer, from its first chunk, which holds the head. */
function lengthOf(chunk) {
  const text = chunk.toString('latin1')
  const head = text.indexOf('\r\n\r\n') + 4
  const declared = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1]
  if (head < 4 || declared === undefined || !text.startsWith('HTTP/1.1 200')) throw new Error(`unexpected answer: ${text}`)
  return head + Number(declared)
}
