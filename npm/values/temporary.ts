import { ErrandError } from './error.ts'

const names = new WeakMap<object, string>()

/**
 * What stands for a value that only the client has: it can be handed back in a result, and nothing else. React calls it
 * a temporary reference.
 *
 * @param name where the client has it, such as `0:1:render`
 */
export function temporaryReference(name: string): unknown {
  const reference = new Proxy(function () {}, handler)
  names.set(reference, name)
  return reference
}

/** The name of a temporary reference; `undefined` for any other value. */
export function temporaryName(value: Function): string | undefined {
  return names.get(value)
}

/** Keys that JavaScript and its tools look at without anybody having asked for them. */
const ASKED_OF_ALL = new Set<string | symbol>(['then', 'toJSON', 'name', 'displayName', '$$typeof', 'constructor', 'prototype'])

const handler: ProxyHandler<Function> = {
  get(_, key) {
    return typeof key === 'symbol' || ASKED_OF_ALL.has(key) ? undefined : refuse()
  },
  set: refuse,
  apply: refuse,
  construct: refuse,
  defineProperty: refuse,
  deleteProperty: refuse,
  setPrototypeOf: refuse,
}

function refuse(): never {
  throw new ErrandError('errand::temporary-reference', 'This value exists only in the client that sent it', {
    hint: 'It can be part of the result, but not be read or called here',
  })
}
