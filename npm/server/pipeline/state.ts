/** What all calls of a handler share. */

import { type CallHead, native, type NativeHost, type Refusal } from '../../native/index.ts'
import { lower } from '../../values/index.ts'
import type { Answer } from '../exchange.ts'
import { Observer } from '../observe/index.ts'
import type { Settings } from '../options.ts'
import { Policies } from '../policies.ts'
import { keepSecrets, type SecretKeeper, warnAboutSecret } from '../secrets.ts'

/** Everything a call needs that lives longer than it. */
export interface Pipeline {
  settings: Settings
  host: NativeHost
  secrets: SecretKeeper | undefined
  observer: Observer
  /** The head of a call without effects, which most calls are. */
  plainHead: CallHead
  /** The rows of a call without a result, which many are. */
  plainRows: string
  /** What is being done after answers. */
  pending: Set<Promise<void>>
  policies: Policies
  /** The header that names the build. */
  build: string[]
  /** Bytes that most bodies may have. */
  textLimit: number
}

export function createPipeline(settings: Settings): Pipeline {
  const host = new native.Host(settings.host)
  const plainHead = host.callHead({ paths: [], tags: [], refreshed: false, redirect: null, failure: null })
  const { text, program } = lower(undefined)
  const plainRows = native.encodeCall(text, program, []) as string
  warnAboutSecret(host, settings)
  const secrets = keepSecrets(host, settings.askForSecrets)
  // Only a redirect can be refused.
  const policies = new Policies(host, settings.host.policies)
  const textLimit = host.bodyLimit(0, 'text/plain')
  const observer = new Observer(settings.observe, Object.keys(settings.table))
  const build = ['errand-build', host.build()]
  return { settings, host, build, secrets, observer, plainHead: plainHead as CallHead, plainRows, pending: new Set(), policies, textLimit }
}

/** Logs what the operator can do something about. */
export function refuse({ observer, build }: Pipeline, refusal: Refusal): Answer {
  observer.refused(refusal.code, refusal.status)
  console.warn(refusal.log)
  return { status: refusal.status, headers: [...refusal.headers, ...build], body: refusal.body }
}

export function refused(pipeline: Pipeline, error: unknown): Answer {
  if (isRefused(error)) return refuse(pipeline, error.refusal)
  throw error
}

export function isRefused(error: unknown): error is { refusal: Refusal } {
  return error instanceof Error && 'refusal' in error
}
