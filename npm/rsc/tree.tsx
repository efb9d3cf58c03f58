/**
 * A match as one React tree, from the root layout to the page:
 *
 * ```text
 * layout › error › loading › not-found › (the next folder, or the page)
 * ```
 */

import { type ComponentType, Fragment, type ReactNode, Suspense } from 'react'

import { ErrorBoundary, NotFoundBoundary, RedirectBoundary } from './boundary.tsx'
import { DefaultLayout, DefaultStatus } from './defaults.tsx'
import type { AppModule } from './modules.ts'
import type { Folder, Match } from './routes.ts'
import type { Metadata, PageProps, SearchParams } from './types.ts'

/** What is shown: the page, or what stands in for it once rendering it has failed. */
export type Variant =
  | { kind: 'page' }
  /** The `not-found` of folder `depth`; -1 is below all folders: our own page, without the app's layouts. */
  | { kind: 'status'; status: number; depth: number }
  | { kind: 'error'; error: { message: string; digest: string }; depth: number }

/** A folder with its files imported. */
interface Loaded {
  folder: Folder<AppModule>
  layout?: AppModule
  'not-found'?: AppModule
  error?: AppModule
  loading?: AppModule
}

/** The tree of `match`, or of `root` alone for an address without a page. */
export async function buildTree(
  match: Match<AppModule> | null,
  root: Folder<AppModule>,
  searchParams: SearchParams,
  variant: Variant,
): Promise<ReactNode> {
  if (variant.kind !== 'page' && variant.depth < 0) return <DefaultStatus status={statusOf(variant)} whole />
  const props: PageProps = {
    params: Promise.resolve(match?.params ?? {}),
    searchParams: Promise.resolve(searchParams),
  }
  const chain = match?.route.folders ?? [root]
  const shown = variant.kind === 'page' ? chain : chain.slice(0, variant.depth + 1)
  const folders = await Promise.all(shown.map(load))
  const page = variant.kind === 'page' ? await match?.route.page() : undefined
  const last = variant.kind === 'status' ? folders.at(-1)?.['not-found'] : page
  const metadata = await metadataOf([...folders.map(({ layout }) => layout), last], props)

  let element: React.JSX.Element = (
    <>
      <meta charSet="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      {metadata.title === undefined ? null : <title>{metadata.title}</title>}
      {metadata.description === undefined ? null : <meta name="description" content={metadata.description} />}
      {variant.kind === 'status' ? <meta name="robots" content="noindex" /> : null}
      {page ? <page.default {...props} /> : standIn(folders.at(-1)!, variant)}
    </>
  )
  for (const [at, loaded] of Array.from(folders.entries()).reverse()) {
    element = wrap(element, loaded, at === 0, props, match)
  }
  return element
}

/** How far down a stand-in of this kind can be found, from `below` upwards; -1: nowhere. */
export function standInDepth(
  match: Match<AppModule> | null,
  root: Folder<AppModule>,
  kind: 'status' | 'error',
  below: number = Infinity,
): number {
  const folders = match?.route.folders ?? [root]
  const file = kind === 'status' ? 'not-found' : 'error'
  const depth = folders.findLastIndex((folder, at) => at < below && folder[file] !== undefined)
  // Our own text still stands inside of the app's root layout, unless that is what failed.
  return depth === -1 && below > 0 ? 0 : depth
}

export function statusOf(variant: Variant): number {
  return variant.kind === 'page' ? 200 : variant.kind === 'status' ? variant.status : 500
}

async function load(folder: Folder<AppModule>): Promise<Loaded> {
  const loaded: Loaded = { folder }
  await Promise.all(
    (['layout', 'not-found', 'error', 'loading'] as const).map(async (file) => {
      const module = await folder[file]?.()
      if (module) loaded[file] = module
    }),
  )
  return loaded
}

async function metadataOf(modules: (AppModule | undefined)[], props: PageProps): Promise<Metadata> {
  const all = await Promise.all(modules.map((module) => module?.generateMetadata?.(props) ?? module?.metadata))
  return Object.assign({}, ...all) as Metadata
}

function standIn(loaded: Loaded, variant: Variant): ReactNode {
  if (variant.kind === 'status') {
    const NotFound = loaded['not-found']?.default
    return NotFound && variant.status === 404 ? <NotFound /> : <DefaultStatus status={variant.status} />
  }
  if (variant.kind === 'error' && loaded.error) {
    return <ErrorBoundary fallback={loaded.error.default} error={variant.error} />
  }
  return <DefaultStatus status={statusOf(variant)} />
}

function wrap(
  inner: ReactNode,
  { folder, layout, 'not-found': notFound, error, loading }: Loaded,
  isRoot: boolean,
  props: PageProps,
  match: Match<AppModule> | null,
): React.JSX.Element {
  let element = inner
  if (notFound) element = <NotFoundBoundary notFound={<notFound.default />}>{element}</NotFoundBoundary>
  if (loading) element = <Suspense fallback={<loading.default />}>{element}</Suspense>
  if (error) element = <ErrorBoundary fallback={error.default}>{element}</ErrorBoundary>
  if (isRoot) {
    if (!notFound) element = <NotFoundBoundary notFound={<DefaultStatus status={404} />}>{element}</NotFoundBoundary>
    element = <RedirectBoundary>{element}</RedirectBoundary>
  }
  const Layout: ComponentType<any> | undefined = layout?.default ?? (isRoot ? DefaultLayout : undefined)
  if (Layout) element = <Layout params={props.params}>{element}</Layout>
  // State under a folder belongs to its parameters: another post is another component.
  return <Fragment key={keyOf(folder, match)}>{element}</Fragment>
}

function keyOf({ name, segment }: Folder<AppModule>, match: Match<AppModule> | null): string {
  if (!segment || segment.kind === 'fixed') return name
  return `${name}:${String(match?.params[segment.name])}`
}
