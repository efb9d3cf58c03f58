/** The native host that compiled code of this process seals with: the newest handler's. */

import { errandError } from '../request/context.ts'
import type { NativeHost } from '../native/index.ts'
import type { ActionTable } from './actions.ts'

/** A function that a client may call. */
export type Action = (...args: unknown[]) => unknown

interface Current {
  host: NativeHost
  table: ActionTable
}

const KEY = Symbol.for('errand.host')
const globals = globalThis as { [KEY]?: Current }

export function setHostOfProcess(host: NativeHost, table: ActionTable): void {
  globals[KEY] = { host, table }
}

export function hostOfProcess(): NativeHost {
  return current().host
}

/** The function behind `id`, or `undefined`. Only own entries of the table count. */
export async function loadAction(id: string, table: ActionTable = current().table): Promise<Action | undefined> {
  const load = Object.hasOwn(table, id) ? table[id] : undefined
  const fn = await load?.()
  return typeof fn === 'function' ? (fn as Action) : undefined
}

function current(): Current {
  const found = globals[KEY]
  if (!found) {
    throw errandError('errand::no-host', 'an action was used before createHandler() of errand/server was called')
  }
  return found
}
