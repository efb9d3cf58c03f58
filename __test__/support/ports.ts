import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port that nobody has right now. Where a server can take port 0 itself, let it: that can't be taken meanwhile. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
