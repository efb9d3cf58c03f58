/** Files of an `app/` folder → addresses. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { matchRoute, toRoutes } from '../../npm/rsc/routes.ts'

const routes = toRoutes(
  Object.fromEntries(
    [
      '/app/page.tsx',
      '/app/layout.tsx',
      '/app/posts/page.tsx',
      '/app/posts/new/page.tsx',
      '/app/posts/[id]/page.tsx',
      '/app/posts/[id]/layout.tsx',
      '/app/posts/[id]/edit/page.js',
      '/app/docs/[...path]/page.tsx',
      '/app/shop/[[...filters]]/page.tsx',
      '/app/(site)/about/page.tsx',
      '/app/(site)/layout.tsx',
      '/app/_drafts/page.tsx',
    ].map((file) => [file, async () => file]),
  ),
)

async function find(pathname: string): Promise<[file: string, params: unknown] | null> {
  const match = matchRoute(routes, pathname)
  return match && [await match.route.page(), match.params]
}

const cases: [pathname: string, found: [string, unknown] | null][] = [
  ['/', ['/app/page.tsx', {}]],
  ['/posts', ['/app/posts/page.tsx', {}]],
  ['/posts/', ['/app/posts/page.tsx', {}]],
  ['/posts/new', ['/app/posts/new/page.tsx', {}]],
  ['/posts/7', ['/app/posts/[id]/page.tsx', { id: '7' }]],
  ['/posts/a%20b%2Fc', ['/app/posts/[id]/page.tsx', { id: 'a b/c' }]],
  ['/posts/7/edit', ['/app/posts/[id]/edit/page.js', { id: '7' }]],
  ['/posts/7/other', null],
  ['/docs', null],
  ['/docs/a/b', ['/app/docs/[...path]/page.tsx', { path: ['a', 'b'] }]],
  ['/shop', ['/app/shop/[[...filters]]/page.tsx', { filters: [] }]],
  ['/shop/red/big', ['/app/shop/[[...filters]]/page.tsx', { filters: ['red', 'big'] }]],
  ['/about', ['/app/(site)/about/page.tsx', {}]],
  ['/_drafts', null],
  ['/nowhere', null],
  ['/posts/%', null],
  ['/__proto__', null],
]

for (const [pathname, found] of cases) {
  test(`${pathname} is ${found?.[0] ?? 'nobody’s'}`, async () => assert.deepEqual(await find(pathname), found))
}

test('a page stands inside of every folder above it, groups too', async () => {
  const files = async (pathname: string): Promise<(string | undefined)[]> =>
    Promise.all(matchRoute(routes, pathname)!.route.folders.map(({ layout }) => layout?.()))
  assert.deepEqual(await files('/about'), ['/app/layout.tsx', '/app/(site)/layout.tsx', undefined])
  assert.deepEqual(await files('/posts/7/edit'), ['/app/layout.tsx', undefined, '/app/posts/[id]/layout.tsx', undefined])
})
