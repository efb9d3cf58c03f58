/**
 * Twenty files of actions as people write them, 1 to 20 KB, the same on every machine: half with the directive on top,
 * half Server Components with inline actions that capture variables.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const NOUNS = ['Post', 'Comment', 'Invoice', 'Customer', 'Order', 'Ticket', 'Project', 'Member', 'Label', 'Webhook']

/** @param {string} folder made anew */
export function writeCorpus(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return NOUNS.flatMap((noun, at) => {
    const size = 1 + at * 2 // parts: about 0.8 KB each
    return [
      file(folder, `${noun.toLowerCase()}-actions.ts`, actions(noun, size)),
      file(folder, `${noun.toLowerCase()}-page.tsx`, page(noun, size)),
    ]
  })
}

/** @param {string} folder @param {string} name @param {string} code */
function file(folder, name, code) {
  const path = join(folder, name)
  writeFileSync(path, code)
  return { path, name, code }
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

/** @param {string} noun @param {number} size */
function page(noun, size) {
  const parts = Array.from({ length: Math.max(1, Math.ceil(size / 2)) }, (_, at) => component(noun, at))
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
