import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { build } from 'esbuild'

test('the whole client fits into 5 kB, minified and compressed, and needs nothing else', async (t) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../npm/client/index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
  })
  const { contents } = outputFiles[0]!
  const bytes = gzipSync(contents, { level: 9 }).length
  t.diagnostic(`client: ${contents.length} bytes minified, ${bytes} compressed`)
  assert.ok(bytes < 5_000, `${bytes} bytes`)
  for (const file of Object.keys(metafile.inputs)) assert.match(file, /npm\/(client|values)\//)
})
