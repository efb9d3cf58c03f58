/** What a `"use server"` file becomes in the browser: references that React calls through our router. */

import { callServer, createServerReference as createReference, findSourceMapURL } from '@vitejs/plugin-rsc/react/browser'

import './ambient.ts'

/**
 * The reference to the action `id`.
 *
 * Arguments past `params` are dropped unless `rest` says that there may be more: an event that `onClick` hands over
 * is no argument of the action.
 */
export function createServerReference(id: string, params: number, rest: boolean, name?: string): unknown {
  const call = (calledId: string, args: unknown[]): unknown => callServer(calledId, rest ? args : args.slice(0, params))
  return createReference(id, call, undefined, import.meta.env.DEV ? findSourceMapURL : undefined, name)
}
