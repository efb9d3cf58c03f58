/** What a request says of where it comes from. */

import type { Proxied } from '../../native/index.ts'
import type { Exchange } from '../exchange.ts'

export function lengthOf(exchange: Exchange): number | undefined {
  const length = exchange.header('content-length')
  return length === undefined ? undefined : Number(length)
}

/** What proxies say, if they say something. */
export function proxiedOf(exchange: Exchange): Proxied | undefined {
  const host = exchange.header('x-forwarded-host')
  const forwarded = exchange.header('forwarded')
  if (host === undefined && forwarded === undefined) return undefined
  return { host, port: exchange.header('x-forwarded-port'), forwarded, peer: exchange.peer() }
}
