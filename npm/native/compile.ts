/** The compiler as users know it: the addon gives what is many as one text. */

import type { TransformOptions, TransformResult } from '../../index.d.ts'
import { native, type Compiled } from './index.ts'

export const transform = (code: string, options: TransformOptions): Promise<TransformResult> => native.transform(code, options).then(opened)
export const transformSync = (code: string, options: TransformOptions): TransformResult => opened(native.transformSync(code, options))

function opened({ code, map, facts }: Compiled): TransformResult {
  if (facts === '') return { code, map, actions: [], diagnostics: [], exportsFrom: [] }
  return { code, map, ...(JSON.parse(facts) as Pick<TransformResult, 'actions' | 'diagnostics' | 'exportsFrom'>) } // the addon's own text
}

/** What a module exports at run time. */
export interface ModuleExports {
  names: string[]
  /** Specifiers of the modules whose exports it exports too. */
  from: string[]
}

/** Reads the exports of a module's text; `null` when they can't be known. */
export function moduleExports(code: string, filename: string): ModuleExports | null {
  const exports = native.moduleExports(code, filename)
  return exports === null ? null : (JSON.parse(exports) as ModuleExports) // the addon's own text
}
