import { decodeFlight, type DecodeOptions } from './flight.ts'
import { boundReference } from './reference.ts'

/**
 * Reads a value in React's Flight format; see {@link decodeFlight} for what it takes and how it fails.
 *
 * Server references in it call the server as those of compiled code do, unless `options.reference` says otherwise.
 */
export function decodeResult(
  stream: ReadableStream<Uint8Array>,
  options: Partial<DecodeOptions> = {},
): Promise<unknown> {
  return decodeFlight(stream, { reference: boundReference, ...options })
}
