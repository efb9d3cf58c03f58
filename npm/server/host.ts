/** The native host that compiled code of this process seals with: the newest handler's. */

import { errandError } from '../request/context.ts'
import type { NativeHost } from '../native/index.ts'
import type { ActionTable } from './actions.ts'
import type { SecretKeeper } from './secrets.ts'

/** A function that a client may call. */
export type Action = (...args: unknown[]) => unknown

interface Current {
  host: NativeHost
  table: ActionTable
  secrets: SecretKeeper | undefined
}

const KEY = Symbol.for('errand.host')
const globals = globalThis as { [KEY]?: Current }

export function setHostOfProcess(host: NativeHost, table: ActionTable, secrets?: SecretKeeper): void {
  globals[KEY] = { host, table, secrets }
}

export function secretsOfProcess(): SecretKeeper | undefined {
  return current().secrets
}

export function hostOfProcess(): NativeHost {
  return current().host
}

/**
 * The function behind `id`, or `undefined`; a promise only where the table gives one. Only own entries of the table
 * count.
 */
export function loadAction(
  id: string,
  table: ActionTable = current().table,
): Action | undefined | Promise<Action | undefined> {
  const loaded = Object.hasOwn(table, id) ? table[id]!() : undefined
  // A table's promise may be any: `await` settles what that is.
  const isReady = typeof loaded !== 'object' || loaded === null
  return isReady ? asAction(loaded) : Promise.resolve(loaded).then(asAction)
}

function asAction(loaded: unknown): Action | undefined {
  return typeof loaded === 'function' ? (loaded as Action) : undefined
}

function current(): Current {
  const found = globals[KEY]
  if (!found) {
    throw errandError('errand::no-host', 'an action was used before createHandler() of errand/server was called')
  }
  return found
}
