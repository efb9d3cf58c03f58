/** Secrets that the user's own code fetches, from a vault for one. */

import process from 'node:process'

import type { NativeHost } from '../native/index.ts'
import type { Settings } from './options.ts'

/** Keeps a host's secrets up to date with the function that was given for `secret`. */
export interface SecretKeeper {
  /** Settles when the secrets are there; `undefined` once they are. */
  readonly ready: Promise<void> | undefined
  /** Asks again, unless that was done a moment ago. When that fails, the secrets stay what they were. */
  renew(): Promise<void>
}

/** How often a function is asked at most: forged values must not become load on a vault. */
const ASK_EVERY_MS = 10_000
/** And while it has never answered: calls can't be answered without it, and must not become such load either. */
const RETRY_EVERY_MS = 1000

export function keepSecrets(host: NativeHost, ask: Settings['askForSecrets']): SecretKeeper | undefined {
  if (!ask) return undefined
  let asked = -Infinity
  let isThere = false
  let asking: Promise<void> | undefined
  let last: Promise<void> | undefined
  const fetch = async (): Promise<void> => {
    asked = performance.now()
    const secrets = await ask()
    host.setSecrets(Array.isArray(secrets) ? secrets : [secrets])
    isThere = true
  }
  const once = (): Promise<void> => (asking ??= last = fetch().finally(() => (asking = undefined)))
  const keeper: SecretKeeper = {
    get ready() {
      if (isThere) return undefined
      // What failed is tried again by the next call, after a while.
      return last && performance.now() - asked < RETRY_EVERY_MS ? last : once()
    },
    renew: () => (asking || performance.now() - asked >= ASK_EVERY_MS ? once().catch(complain) : Promise.resolve()),
  }
  keeper.ready?.catch(() => {}) // whoever waits for it is told
  return keeper
}

function complain(error: unknown): void {
  console.warn('errand: the function given for `secret` failed; the secrets from before stay in use\n', error)
}

let isWarned = false

/** Once, and only where a lost secret hurts. */
export function warnAboutSecret(host: NativeHost, { askForSecrets }: Settings): void {
  const warning = host.secretWarning()
  if (isWarned || askForSecrets || warning === null || process.env['NODE_ENV'] !== 'production') return
  isWarned = true
  console.warn(`errand: ${warning}`)
}
