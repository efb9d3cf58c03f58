/** What a `"use server"` file becomes where client components are rendered to HTML: references that forms can name. */

import { createServerReference as createReference } from '@vitejs/plugin-rsc/react/ssr'

/** The reference to the action `id`; calling it is the browser's affair. */
export function createServerReference(id: string, _params?: number, _rest?: boolean, _name?: string): unknown {
  return createReference(id)
}
