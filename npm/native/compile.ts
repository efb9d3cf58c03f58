/** The compiler as users know it: the addon gives what is many as one text. */

import type { ActionInfo, Diagnostic, TransformOptions, TransformResult } from '../../index.d.ts'
import { native, type Compiled } from './index.ts'

export const transform = (code: string, options: TransformOptions): Promise<TransformResult> => native.transform(code, options).then(opened)
export const transformSync = (code: string, options: TransformOptions): TransformResult => opened(native.transformSync(code, options))

function opened({ code, map, facts }: Compiled): TransformResult {
  const { actions, diagnostics } = facts === '' ? NOTHING() : (JSON.parse(facts) as Facts) // the addon's own text
  return { code, map, actions, diagnostics }
}

interface Facts {
  actions: ActionInfo[]
  diagnostics: Diagnostic[]
}

const NOTHING = (): Facts => ({ actions: [], diagnostics: [] })
