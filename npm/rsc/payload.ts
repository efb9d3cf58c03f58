/** Roots of the Flight streams between server and browser. */

import type { ReactNode } from 'react'
import type { ReactFormState } from 'react-dom/client'

/** Answers a GET, and is inlined into HTML. */
export interface PagePayload {
  /** The tree of the page. */
  t: ReactNode
  /** The state of a form that was posted without JavaScript. */
  s?: ReactFormState | null
}

/** Answers a call. */
export interface CallPayload {
  /** The action's result. */
  a: Promise<unknown>
  /** The page again, when the action changed what it shows, or the page it redirected to. */
  t?: ReactNode
}
