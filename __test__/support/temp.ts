import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty folder outside the repository; call `remove` in `after`. */
export function tempFolder(name: string): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `errand-${name}-`)))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) }
}
