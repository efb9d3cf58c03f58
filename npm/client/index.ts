/**
 * What a browser needs to call actions; it depends on nothing and works with any UI library.
 */
export { ActionError, CallError, UnknownActionError } from './errors.ts'
export { configure, type ClientOptions, type Revalidated } from './configure.ts'
export { encodeReply, type EncodeOptions } from './reply.ts'
export { decodeResult } from './decode.ts'
export type { CallOptions } from './call.ts'
export { createServerReference, type ServerReference } from './reference.ts'
