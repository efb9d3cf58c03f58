/** The floor: the same body read and parsed, the same bytes written, nothing else. ANSWER is what Errand writes. */

import { createServer } from 'node:http'
import process from 'node:process'

const { status, headers, body } = JSON.parse(process.env.ANSWER)
const server = createServer((req, res) => {
  const chunks = []
  req.on('data', (chunk) => chunks.push(chunk))
  req.on('end', () => {
    const args = req.method === 'POST' ? JSON.parse(Buffer.concat(chunks).toString()) : []
    res.writeHead(Array.isArray(args) ? status : 400, headers)
    res.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port))
process.on('disconnect', () => process.exit())
