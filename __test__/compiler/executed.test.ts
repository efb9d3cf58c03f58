/**
 * Each folder `executed/<phenomenon>/<case>` is one test: its `input.*` is compiled, bundled and run, and the `check`
 * of its `check.ts` looks at what came of it.
 */

import { after, before, describe, test } from 'node:test'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { type Bundles, bundleAll, caseNames, CASES } from './bundle.ts'
import { type Case, type Check, startServer } from './case.ts'

const names = caseNames()
let bundles: Bundles
let open: (name: string) => Promise<Case>

before(async () => {
  bundles = await bundleAll(names)
  open = startServer(bundles)
})
after(() => bundles?.remove())

for (const phenomenon of new Set(names.map((name) => name.split('/')[0]!))) {
  describe(phenomenon, () => {
    for (const name of names.filter((it) => it.startsWith(`${phenomenon}/`))) {
      test(name.slice(phenomenon.length + 1).replaceAll('-', ' '), async () => {
        const { check } = (await import(pathToFileURL(join(CASES, name, 'check.ts')).href)) as { check: Check }
        await check(await open(name))
      })
    }
  })
}
