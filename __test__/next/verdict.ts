/** What the two compilers say about a module. */

import process from 'node:process'

import { transformSync } from 'errand'

import type { Module } from './modules.ts'
import { actionsOf, loadNext } from './next.mjs'

export interface Verdict {
  isRefused: boolean
  /** Our codes, warnings among them; Next's messages. */
  why: string
  /** The codes of our errors. */
  errors: string
  actions: number
}

export interface Case extends Module {
  ours: Verdict
  next: Verdict
}

// Its errors would carry a backtrace each, which takes longer than the work.
process.env.RUST_BACKTRACE = '0'
const next = await loadNext()

export function judge({ filename, code }: Module): Case {
  return { filename, code, ours: ofOurs(filename, code), next: ofNext(filename, code) }
}

export const isAgreed = ({ ours, next }: Case): boolean =>
  ours.isRefused === next.isRefused && (ours.isRefused || ours.actions === next.actions)

function ofOurs(filename: string, code: string): Verdict {
  const { actions, diagnostics } = transformSync(code, { filename, root: '/app', target: 'server' })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  return { isRefused: errors.length > 0, why: codes(diagnostics), errors: codes(errors), actions: actions.length }
}

const codes = (of: { code: string }[]): string => [...new Set(of.map(({ code }) => code.replace('errand::', '')))].join(' ')

function ofNext(filename: string, code: string): Verdict {
  try {
    const output = next.transformSync(code, { filename, target: 'server' })
    return { isRefused: false, why: '', errors: '', actions: actionsOf(output.code).length }
  } catch (error) {
    const messages = [...String((error as Error).message).matchAll(/^ *x (.*)$/gm)].map(([, text]) => text!.trim())
    if (messages.length === 0) throw new Error(`Next failed without a diagnostic:\n${error}`)
    return { isRefused: true, why: [...new Set(messages)].join('; '), errors: '', actions: 0 }
  }
}

/**
 * Whether `it` differs in the same way as the module of which it is a part. Taking things away makes syntax errors; those
 * are not what it was about.
 */
export const isLike = (it: Case, whole: Case): boolean =>
  !isAgreed(it) && isLikeVerdict(it.ours, whole.ours, ' ') && isLikeVerdict(it.next, whole.next, '; ')

function isLikeVerdict(it: Verdict, whole: Verdict, separator: string): boolean {
  const reasons = whole.why.split(separator)
  return it.isRefused === whole.isRefused && (!it.isRefused || it.why.split(separator).every((why) => reasons.includes(why)))
}

/** One case as a person reads it. */
export function tell({ filename, code, ours, next }: Case): string {
  const one = ({ isRefused, why, actions }: Verdict): string =>
    `${isRefused ? 'refuses' : `accepts, ${actions} actions`}${why && `: ${why}`}`
  return `${filename}\n  errand ${one(ours)}\n  Next   ${one(next)}\n${code.replace(/^/gm, '  | ')}`
}
