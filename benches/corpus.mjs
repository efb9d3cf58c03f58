/**
 * Thirty files as people write them, 1 to 20 KB, the same on every machine: ten with the directive on top, ten Server
 * Components with inline actions that capture variables, ten without any action.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { transformWithOxc } from 'vite'

/** @typedef {{ path: string, name: string, code: string, actions: number, isInline: boolean }} File */

const NOUNS = ['Post', 'Comment', 'Invoice', 'Customer', 'Order', 'Ticket', 'Project', 'Member', 'Label', 'Webhook']

/** @param {string} folder made anew @returns {File[]} */
export function writeCorpus(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return NOUNS.flatMap((noun, at) => {
    const size = 1 + at * 2 // parts: about 0.8 KB each
    return [
      file(folder, `${noun.toLowerCase()}-actions.ts`, actions(noun, size), { actions: size, isInline: false }),
      file(folder, `${noun.toLowerCase()}-page.tsx`, page(noun, size), { actions: 2 * components(size), isInline: true }),
      file(folder, `${noun.toLowerCase()}-view.tsx`, view(noun, size), { actions: 0, isInline: false }),
    ]
  })
}

/** One file of actions with at least so many letters. @param {number} size */
export function largeFile(size) {
  const one = action('Post', 1).length
  return actions('Post', Math.ceil(size / one))
}

/** The same files without types and JSX. @param {File[]} files @returns {Promise<File[]>} */
export function erased(files) {
  return Promise.all(
    files.map(async (it) => {
      const { code } = await transformWithOxc(it.code, it.path, { jsx: { runtime: 'automatic' }, sourcemap: false })
      const name = it.name.replace(/\.tsx?$/, '.js')
      return file(it.path.slice(0, -it.name.length), name, code, it)
    }),
  )
}

/** @param {string} folder @param {string} name @param {string} code @param {{ actions: number, isInline: boolean }} facts @returns {File} */
function file(folder, name, code, { actions, isInline }) {
  const path = join(folder, name)
  writeFileSync(path, code)
  return { path, name, code, actions, isInline }
}

/** @param {string} noun @param {number} size */
function actions(noun, size) {
  const parts = Array.from({ length: size }, (_, at) => action(noun, at))
  return `'use server'

import { z } from 'zod'

import { revalidatePath, revalidateTag } from 'errand/cache'
import { cookies } from 'errand/headers'
import { redirect } from 'errand/navigation'
import { db, type Transaction } from '../lib/db'

const ${noun}Schema = z.object({
  title: z.string().min(1).max(200),
  amount: z.coerce.number().nonnegative(),
  tags: z.array(z.string().regex(/^[a-z0-9-]{1,32}$/u)).default([]),
})

export interface ${noun}State {
  errors?: Partial<Record<keyof z.infer<typeof ${noun}Schema>, string[]>>
  message?: string | null
}

${parts.join('\n')}`
}

/** @param {string} noun @param {number} at */
function action(noun, at) {
  const name = `update${noun}${at === 0 ? '' : at}`
  return `/** Updates one ${noun.toLowerCase()}; the form shows what was wrong with it. */
export ${at % 3 === 2 ? `const ${name} = async (id: string, previous: ${noun}State, formData: FormData): Promise<${noun}State> =>` : `async function ${name}(id: string, previous: ${noun}State, formData: FormData): Promise<${noun}State>`} {
  const session = (await cookies()).get('session')?.value
  if (!session) redirect(\`/login?next=/${noun.toLowerCase()}s/\${encodeURIComponent(id)}\`)
  const parsed = ${noun}Schema.safeParse(Object.fromEntries(formData))
  if (!parsed.success) {
    return { ...previous, errors: parsed.error.flatten().fieldErrors, message: 'Some fields need another look.' }
  }
  const { title, amount, tags } = parsed.data
  try {
    await db.transaction(async (tx: Transaction) => {
      // The amount is kept in cents, whatever the currency.
      const cents = Math.round(amount * 100)
      await tx.run(\`update ${noun.toLowerCase()} set title = ?, cents = ? where id = ?\`, [title, cents, id])
      for (const tag of tags) await tx.run('insert into tags (owner, tag) values (?, ?) on conflict do nothing', [id, tag])
    })
  } catch (error) {
    return { message: error instanceof Error && /unique/i.test(error.message) ? 'That title is taken.' : 'The database did not answer.' }
  }
  revalidateTag(\`${noun.toLowerCase()}-\${id}\`)
  revalidatePath('/${noun.toLowerCase()}s')
  redirect('/${noun.toLowerCase()}s')
}
`
}

/** A component is twice as long as an action. @param {number} size */
const components = (size) => Math.max(1, Math.ceil(size / 2))

/** @param {string} noun @param {number} size */
function page(noun, size) {
  const parts = Array.from({ length: components(size) }, (_, at) => component(noun, at))
  return `import { Suspense } from 'react'

import { revalidatePath } from 'errand/cache'
import { db, type ${noun} } from '../lib/db'
import { Button } from '../ui/button'

${parts.join('\n')}
export default async function Page({ params }: { params: Promise<{ team: string }> }) {
  const { team } = await params
  return (
    <main className="stack">
      <h1>{team}’s ${noun.toLowerCase()}s</h1>
      <Suspense fallback={<p aria-busy>Loading…</p>}>
        <${noun}List team={team} limit={20} />
      </Suspense>
    </main>
  )
}
`
}

/** @param {string} noun @param {number} at */
function component(noun, at) {
  return `/** One row for each, with what may be done to it. */
async function ${noun}List${at === 0 ? '' : at}({ team, limit = 50 }: { team: string; limit?: number }) {
  const items = await db.all<${noun}>('select * from ${noun.toLowerCase()} where team = ? limit ?', [team, limit])
  const total = items.reduce((sum, { cents }) => sum + cents, 0)

  async function archiveAll(formData: FormData) {
    'use server'
    const reason = String(formData.get('reason') ?? '').slice(0, 500)
    await db.run('update ${noun.toLowerCase()} set archived = ?, reason = ? where team = ?', [Date.now(), reason, team])
    revalidatePath(\`/\${team}/${noun.toLowerCase()}s\`)
  }

  return (
    <section>
      <p>{items.length} items, {(total / 100).toLocaleString('en', { style: 'currency', currency: 'EUR' })}</p>
      <ul>
        {items.map((item) => {
          const { id, title } = item
          return (
            <li key={id} data-state={item.archived ? 'archived' : undefined}>
              <a href={\`/${noun.toLowerCase()}s/\${id}\`}>{title}</a>
              <form
                action={async () => {
                  'use server'
                  await db.run('delete from ${noun.toLowerCase()} where id = ? and team = ?', [id, team])
                  revalidatePath(\`/\${team}/${noun.toLowerCase()}s\`)
                }}
              >
                <Button aria-label={\`Delete \${title}\`}>Delete</Button>
              </form>
            </li>
          )
        })}
      </ul>
      <form action={archiveAll}>
        <input name="reason" maxLength={500} />
        <Button>Archive all</Button>
      </form>
    </section>
  )
}
`
}

/** What most of an app is. @param {string} noun @param {number} size */
function view(noun, size) {
  const parts = Array.from({ length: size }, (_, at) => card(noun, at))
  return `import { useId, type ReactNode } from 'react'

import { formatDate, formatMoney } from '../lib/format'
import type { ${noun} } from '../lib/db'
import { Button } from '../ui/button'

interface Props {
  items: readonly ${noun}[]
  children?: ReactNode
  query?: string
}

${parts.join('\n')}`
}

/** @param {string} noun @param {number} at */
function card(noun, at) {
  return `/** A card for each; the most recent ones first. */
export function ${noun}Cards${at === 0 ? '' : at}({ items, children, query = '' }: Props) {
  const id = useId()
  const wanted = query.trim().toLowerCase()
  const shown = items.filter(({ title }) => title.toLowerCase().includes(wanted)).sort((a, b) => b.updated - a.updated)
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{shown.length === items.length ? 'All' : \`\${shown.length} of \${items.length}\`}</h2>
      <input type="search" name="query" defaultValue={query} placeholder="Search ${noun.toLowerCase()}s" />
      <ul>
        {shown.map((item) => (
          <li key={item.id} data-state={item.archived ? 'archived' : undefined}>
            <time dateTime={new Date(item.updated).toISOString()}>{formatDate(item.updated)}</time>
            <strong>{item.title}</strong> {formatMoney(item.cents / 100, 'EUR')}
            <Button href={\`/${noun.toLowerCase()}s/\${item.id}\`}>Open</Button>
          </li>
        ))}
      </ul>
      {children}
    </section>
  )
}
`
}
