import { SERVER_REFERENCE, type ServerReferenceFields } from '../values/kinds.ts'
import { call, type CallOptions } from './call.ts'

/** A function that stands for one on the server. */
export interface ServerReference extends ServerReferenceFields {
  (...args: unknown[]): Promise<any> // what it resolves to is the action's affair; the compiler keeps its types
  /** A reference that is called with `args` first; `thisArg` is ignored. */
  bind(thisArg: unknown, ...args: unknown[]): ServerReference
  /** The same reference, calling with these options: `save.with({ signal })(formData)`. */
  with(options: CallOptions): ServerReference
}

/**
 * Makes the function that the browser holds in the place of an action; compiled code calls this.
 *
 * @param id the action's id
 * @param params how many parameters the action declares: more arguments than that are not sent, so that
 * `onClick={save}` does not send the event
 * @param rest whether the action may take more than `params`
 * @param name the function's name, in development
 */
export function createServerReference(id: string, params = 0, rest = true, name = ''): ServerReference {
  return boundReference(id, null, rest ? Infinity : params, name)
}

/** The reference that an answer describes: `bound` is completed while the rest of the answer is read. */
export function boundReference(
  id: string,
  bound: unknown[] | null,
  limit: number = Infinity,
  name: string = '',
  options: CallOptions = {},
): ServerReference {
  const reference = async (...args: unknown[]): Promise<unknown> =>
    call(id, [...(bound ?? []), ...args].slice(0, limit), options, boundReference)
  const fields = {
    name,
    $$typeof: SERVER_REFERENCE,
    $$id: id,
    $$bound: bound,
    bind: (_: unknown, ...args: unknown[]) => boundReference(id, [...(bound ?? []), ...args], limit, name, options),
    with: (more: CallOptions) => boundReference(id, bound, limit, name, { ...options, ...more }),
  }
  for (const [key, value] of Object.entries(fields)) Object.defineProperty(reference, key, { value })
  return reference as unknown as ServerReference
}
