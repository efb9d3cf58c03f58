/** The suites of `handler.node`, over the sockets of `handler.listen`. */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { serveByListener } from '../server/host.ts'

serveByListener()
// One of them counts temporary files, and may run at the same time by itself.
process.env['TMPDIR'] = mkdtempSync(join(tmpdir(), 'listen-'))

for (const suite of ['call', 'after', 'form', 'guard', 'guard-function', 'limits', 'streaming', 'trust', 'uploads']) {
  await import(`../server/${suite}.test.ts`)
}
await import('../policy/load.test.ts') // places: who gives them back, and who is told
