/** A small app of Next's with the same actions and the same page, built once for each version of Next. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

import { inRoot, ROOT } from '../../scripts/support/root.mjs'
import { hashOf } from '../../scripts/support/stamp.mjs'

export const NEXT = inRoot('__test__/next/node_modules/next')

/** What the page of 4 KB says, here as in Errand. */
export const PAGE = `<main>${'<p>lorem ipsum dolor sit amet</p>'.repeat(120)}</main>`

/** @type {Record<string, string>} */
const FILES = {
  'package.json': JSON.stringify({ name: 'errand-bench-next', private: true }),
  'next.config.mjs': `export default {
  turbopack: { root: ${JSON.stringify(ROOT)} },
  outputFileTracingRoot: ${JSON.stringify(ROOT)},
  experimental: { serverActions: { bodySizeLimit: '20mb' } },
}
`,
  'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
  'app/actions.js': `'use server'
import { redirect } from 'next/navigation'
export async function noop() {}
export async function save(form) { redirect('/done/' + form.get('title')) }
export async function upload(form) { return form.get('file').size }
`,
  'app/page.js': `import { noop, save, upload } from './actions'
export const dynamic = 'force-dynamic'
export default () => <form action={save}><button formAction={noop}>1</button><button formAction={upload}>2</button></form>
`,
  'app/page/page.js': `export const dynamic = 'force-static'
export default () => <div dangerouslySetInnerHTML={{ __html: ${JSON.stringify(PAGE)} }} />
`,
}

/** Builds it where that was not done yet. @returns {{ folder: string, ids: Record<string, string> }} */
export function nextApp() {
  const { version } = JSON.parse(readFileSync(join(NEXT, 'package.json'), 'utf8'))
  const folder = inRoot(`target/next-bench-${version}-${hashOf([], { extra: FILES }).slice(0, 12)}`)
  const manifest = join(folder, '.next/server/server-reference-manifest.json')
  if (!existsSync(manifest)) build(folder)
  const { node } = JSON.parse(readFileSync(manifest, 'utf8'))
  return { folder, ids: Object.fromEntries(Object.entries(node).map(([id, { exportedName }]) => [exportedName, id])) }
}

function build(folder) {
  rmSync(folder, { recursive: true, force: true })
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(NEXT, join(folder, 'node_modules/next'), 'junction')
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }
  execFileSync(process.execPath, [join(NEXT, 'dist/bin/next'), 'build'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
}
