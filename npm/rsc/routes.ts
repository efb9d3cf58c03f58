/**
 * The file tree of `app/` as routes.
 *
 * ```text
 * /app/posts/[id]/page.tsx       →  posts, :id            { id: '7' }
 * /app/docs/[...path]/page.tsx   →  docs, :path…          { path: ['a', 'b'] }
 * /app/(site)/about/page.tsx     →  about                 a group has no segment
 * ```
 *
 * A fixed segment wins over `[id]`, which wins over `[...path]`, which wins over `[[...path]]`.
 */

import type { Params } from './types.ts'

type Load<M> = () => Promise<M>
type Kind = 'page' | 'layout' | 'not-found' | 'error' | 'loading'

/** What one folder on the way to a page brings. */
export interface Folder<M> {
  /** As it is on disk. */
  name: string
  /** `null` for `app/` itself and for groups. */
  segment: Segment | null
  layout?: Load<M>
  'not-found'?: Load<M>
  error?: Load<M>
  loading?: Load<M>
}

export interface Segment {
  kind: 'fixed' | 'one' | 'rest' | 'any'
  /** The text of a fixed segment, else the parameter's name. */
  name: string
}

export interface Route<M> {
  segments: Segment[]
  /** From `app/` to the page's own. */
  folders: Folder<M>[]
  page: Load<M>
}

/** Where its page lies in the file tree: `/(site)/posts/[id]`. */
export function placeOf<M>({ folders }: Route<M>): string {
  return `/${folders.map(({ name }) => name).join('/')}`
}

export interface Match<M> {
  route: Route<M>
  params: Params
}

/** Reads a table of files, as `import.meta.glob` makes it, into routes, the more specific ones first. */
export function toRoutes<M>(files: Record<string, Load<M>>): Route<M>[] {
  const folders = new Map<string, Folder<M>>()
  const pages: [string, Load<M>][] = []
  for (const [file, load] of Object.entries(files)) {
    const { folder, kind } = parseFile(file)
    if (folder.split('/').some((name) => name.startsWith('_'))) continue // private
    if (kind === 'page') pages.push([folder, load])
    else folderAt(folders, folder)[kind] = load
  }
  return pages.map(([folder, page]) => toRoute(folders, folder, page)).sort(bySpecificity)
}

/** The folder `app/` itself, for addresses without a page. */
export function rootFolder<M>(files: Record<string, Load<M>>): Folder<M> {
  const root: Folder<M> = { name: '', segment: null }
  for (const [file, load] of Object.entries(files)) {
    const { folder, kind } = parseFile(file)
    if (folder === '' && kind !== 'page') root[kind] = load
  }
  return root
}

/** Finds the page of `pathname`, which is still percent-encoded. */
export function matchRoute<M>(routes: Route<M>[], pathname: string): Match<M> | null {
  const parts = decode(pathname)
  if (parts === null) return null
  for (const route of routes) {
    const params = matchSegments(route.segments, parts)
    if (params) return { route, params }
  }
  return null
}

function parseFile(file: string): { folder: string; kind: Kind } {
  const [, folder = '', kind] = /^\/app(?:\/(.*))?\/([\w-]+)\.\w+$/.exec(file) ?? []
  return { folder, kind: kind as Kind } // the glob matches no other name
}

function folderAt<M>(folders: Map<string, Folder<M>>, path: string): Folder<M> {
  const known = folders.get(path)
  if (known) return known
  const name = path.slice(path.lastIndexOf('/') + 1)
  const folder: Folder<M> = { name, segment: toSegment(name) }
  folders.set(path, folder)
  return folder
}

function toRoute<M>(folders: Map<string, Folder<M>>, path: string, page: Load<M>): Route<M> {
  const names = path === '' ? [] : path.split('/')
  const chain = [folderAt(folders, ''), ...names.map((_, at) => folderAt(folders, names.slice(0, at + 1).join('/')))]
  const segments = chain.flatMap(({ segment }) => (segment ? [segment] : []))
  return { segments, folders: chain, page }
}

function toSegment(name: string): Segment | null {
  if (name === '' || /^\(.*\)$/.test(name)) return null
  const any = /^\[\[\.\.\.(.+)\]\]$/.exec(name)?.[1]
  if (any) return { kind: 'any', name: any }
  const rest = /^\[\.\.\.(.+)\]$/.exec(name)?.[1]
  if (rest) return { kind: 'rest', name: rest }
  const one = /^\[(.+)\]$/.exec(name)?.[1]
  return one ? { kind: 'one', name: one } : { kind: 'fixed', name }
}

const RANK = { fixed: 0, one: 1, rest: 2, any: 3 }

function bySpecificity<M>(a: Route<M>, b: Route<M>): number {
  for (let at = 0; at < Math.max(a.segments.length, b.segments.length); at += 1) {
    // A route that ends here is more specific than one that takes whatever comes.
    const [rankA, rankB] = [a.segments[at], b.segments[at]].map((segment) => (segment ? RANK[segment.kind] : 1.5))
    if (rankA !== rankB) return rankA! - rankB!
  }
  return 0
}

function matchSegments(segments: Segment[], parts: string[]): Params | null {
  const params: Params = {}
  for (const [at, { kind, name }] of segments.entries()) {
    const part = parts[at]
    if (kind === 'rest' || kind === 'any') {
      if (kind === 'rest' && part === undefined) return null
      return { ...params, [name]: parts.slice(at) }
    }
    if (part === undefined || (kind === 'fixed' && part !== name)) return null
    if (kind === 'one') params[name] = part
  }
  return parts.length === segments.length ? params : null
}

/** The path's parts, or `null` when it isn't valid percent-encoding. */
function decode(pathname: string): string[] | null {
  try {
    return pathname.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return null
  }
}
