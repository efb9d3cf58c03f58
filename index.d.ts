/**
 * The native core of Errand: the compiler of `"use server"`, React's wire formats, and the cache.
 *
 * Everything here runs in Node. What runs in a browser is `errand/client`.
 */

/**
 * Compiles one module on a thread of Node's pool.
 *
 * Bad source never rejects: it is reported in {@link TransformResult.diagnostics}. A bad option rejects with an
 * `Error` whose `code` is `errand::bad-option`. For small files {@link transformSync} is faster: the hop to
 * another thread costs more than the work.
 */
export function transform(code: string, options: TransformOptions): Promise<TransformResult>

/** Compiles one module on the calling thread; see {@link transform}. */
export function transformSync(code: string, options: TransformOptions): TransformResult

/**
 * Says whether `code` may hold a `"use server"` or `"use cache"` directive: a byte search, no parse. `false` is certain, `true`
 * only likely (the words may stand in a comment).
 */
export function scan(code: string | Uint8Array): boolean

export interface TransformOptions {
  /** Absolute, or relative to `root`. Its extension decides the syntax: js, jsx, ts, tsx, mjs, cjs, mts, cts. */
  filename: string
  /** The project's folder; ids depend on `filename` relative to it. Default: `process.cwd()`. */
  root?: string
  /**
   * Which graph the output is for.
   *
   * - `server`: the real module, its actions registered;
   * - `ssr`: references for the server rendering of a Server Components app;
   * - `client`: references for the browser.
   */
  target: 'server' | 'ssr' | 'client'
  /** In `production` (the default) no name of the source reaches the client. */
  mode?: 'development' | 'production'
  /** Keyed into every id: keep it secret and stable. Default: none. */
  salt?: string
  /** Module specifiers that the output imports from. */
  runtime?: Partial<Record<'server' | 'ssr' | 'client', string>>
  /** Whether to make a source map (v3). Default: `false`. */
  sourceMap?: boolean
  /** The source map (v3, JSON text) of `code` itself, if an earlier step made it: the map then leads to what that step read. */
  inputMap?: string
  /**
   * What other modules export at run time, by the specifiers with which a `"use server"` file exports from them. Needed
   * for `export * from './x'` and `export { a } from './x'`; the bundlers' plugins find it out. See
   * {@link TransformResult.exportsFrom}.
   */
  exportsOf?: Record<string, string[]>
}

export interface TransformResult {
  /** The compiled module, or `null`: nothing to do, keep the input as it is. */
  code: string | null
  /** A source map (v3) as JSON text, when it was asked for and there is code. */
  map: string | null
  /** The actions of this module, in the order of their ids' places in the source. */
  actions: ActionInfo[]
  /** What is wrong with the source, errors and warnings. */
  diagnostics: Diagnostic[]
  /**
   * Specifiers of the modules that a `"use server"` file exports from. Without an entry for each in
   * {@link TransformOptions.exportsOf} there is an `errand::re-export` among the diagnostics.
   */
  exportsFrom: string[]
}

/** One function that a client may call. */
export interface ActionInfo {
  /** 32 lowercase hexadecimal digits. */
  id: string
  /** The function's name as JavaScript would infer it. */
  name: string
  /** The name under which the compiled server module exports it. */
  exportName: string
  /** `module`: exported from a file with the directive; `inline`: the directive is in its body. */
  kind: 'module' | 'inline'
  /** From 1. */
  line: number
  /** From 1, in UTF-16 code units. */
  column: number
  /** Declared parameters before a rest parameter, captured values not counted. */
  params: number
  /** Whether it may take more than `params`: a rest parameter, or a signature that can't be seen. */
  rest: boolean
  /** Names of the captured variables, in the order in which they are sealed. */
  captures: string[]
  /** Those options of its `action()` of `errand/server` that are literals, if it has some. */
  policy?: ActionPolicy
}

/** What a single action may be asked; `action()` of `errand/server` takes it. */
export interface ActionPolicy {
  /**
   * Bytes of a call's body, or text such as `512kb`; more or less than `limits.body` of the server. Its files count too,
   * unless `files` gives them limits of their own.
   */
  limit?: number | string
  /** How many files there may be, or more about them. What is left out is as `limits` of the server has it. */
  files?: number | { count?: number; size?: number | string; types?: string[] }
  /** Milliseconds, or text such as `30s`: how long the function may take, and its body as long. Default: no limit. */
  timeout?: number | string
  /** How many calls run at a time in this process. Default: no limit. */
  concurrency?: number
  /** How many calls may wait for a place. Default 64; past it 503. */
  queue?: number
}

export interface Diagnostic {
  severity: 'error' | 'warning'
  /** Stable name, for example `errand::async-required`. */
  code: string
  message: string
  /** What to do next. */
  help?: string
  /** From 1. */
  line: number
  /** From 1, in UTF-16 code units, as editors count. */
  column: number
  /** In UTF-16 code units. */
  length: number
  /** The source around it, with the place underlined. */
  frame: string
}

/**
 * Decodes the body of a call, as React's `encodeReply` (19.2.9, 19.3.1 and later) or ours made it, into the
 * arguments.
 *
 * Functions among them are refused: which of them exist only a host knows, see `createHandler` of `errand/server`.
 * Promises, streams and async iterables arrive as what they are; one that the body ends without fails with
 * `errand::reply-incomplete`. What only the client has is a placeholder that {@link encodeResult} sends back.
 *
 * Parts that are still arriving are decoded as they come: the arguments are there as soon as all that belongs to them
 * is, and their promises and streams go on. When the parts end, break off or are aborted, what is open fails.
 *
 * Bytes must stay as they are until it settles: large ones are looked at by another thread.
 *
 * @throws (rejects) an `Error` whose `code` is `errand::reply-malformed`, `errand::reply-too-much`, … and says what
 * and where
 */
export function decodeReply(
  body: string | FormData | Uint8Array | AsyncIterable<readonly [name: string, value: string | Blob]>,
  options?: DecodeReplyOptions,
): Promise<unknown[]>

export interface DecodeReplyOptions {
  /** For bytes: the request's content type. Default: `text/plain`. */
  contentType?: string
  limits?: Limits
  /** For parts that arrive: stops reading them. */
  signal?: AbortSignal
}

/**
 * How much one request may ask. Sizes are bytes, or text such as `512kb` and `1mb`; counts are whole numbers, or
 * `Infinity`. Past one the request is refused with `errand::reply-too-much` (413), which names the limit.
 */
export interface Limits {
  /** Bytes of text and binary data (typed arrays) in one request, files not. Default `1mb`; past it 413. */
  body?: number | string
  /** Bytes of one file. Default `50mb`; the body has to fit as well. */
  file?: number | string
  /** Bytes of the text of one part, event or field. Default: those of the body. */
  part?: number | string
  /** Bytes of one string or key, as JSON has it, and of one text field. Default: those of the body. */
  string?: number | string
  /** Files in one request. Default 20. */
  files?: number
  /** Fields of forms in one request. Default 1000. */
  fields?: number
  /** Maps, Sets, functions, values of promises and binary data in one request. Default 1000. */
  parts?: number
  /** Promises, streams and async iterables in one request. Default 1000. */
  live?: number
  /** Events of one stream or async iterable. Default 10,000. */
  events?: number
  /** Levels of arrays and objects; the list of arguments is the first. Default 64. */
  depth?: number
  /** Values in one request, all levels together. Default 1,000,000. */
  nodes?: number
  /** References to values that stand elsewhere in the same request. Default 100,000. */
  references?: number
  /** Arguments of one call. Default 1000. */
  arguments?: number
  /** Arguments bound to one function. Default 1000, as in React. */
  boundArgs?: number
  /** Characters of one BigInt, its sign included. Default 300, as in React. */
  bigIntDigits?: number
  /** Bytes of the name of a part, a field or a file, and of a temporary reference. Default 1024. */
  nameBytes?: number
}

/**
 * Writes the arguments of a call in React's reply format: text, or a form where text is not enough.
 *
 * Promises, streams, iterators and async iterables among them are read to their end first; once `signal` aborts, what is
 * there by then is the reply.
 *
 * @throws (rejects) an `Error` whose `code` is `errand::unserializable`, naming the place; or what a promise or a stream
 * among the arguments fails with
 */
export function encodeReply(args: unknown, options?: { signal?: AbortSignal }): Promise<string | FormData>

/** What {@link encodeResult} can be told. */
export interface EncodeResultOptions {
  /** Sees every error that is sent: what a promise or a stream failed with, and each `Error` in the value. Gives its digest. */
  onError?(error: unknown): string | void
}

/**
 * Writes a value as Flight rows whose root is the value; React's client reads them, and {@link decodeResult}.
 *
 * Promises, streams and async iterables in it are sent as they go on, no faster than the stream is read; cancelling it
 * cancels them. With `NODE_ENV=production` no message of an error is sent.
 *
 * @throws an `Error` whose `code` is `errand::unserializable`, naming the place
 */
export function encodeResult(value: unknown, options?: EncodeResultOptions): ReadableStream<Uint8Array>

/**
 * Reads Flight rows of data, of Errand or of React. Promises among the values settle, and streams and async iterables can
 * be read, as their rows arrive; what did not come when the rows end fails with `errand::connection-closed`.
 */
export function decodeResult(stream: ReadableStream<Uint8Array>): Promise<unknown>

/** Tagged entries of any values that a call can carry. The tags' invalidation takes effect at once. */
export class Cache {
  /** @throws an `Error` whose `code` is `errand::bad-option` */
  constructor(options?: CacheOptions)
  /**
   * Settles when the store can be asked: at once, or when Redis is reached; rejects when it isn't in time. Nobody has to
   * wait for it: until then it is as `whenAway` says.
   */
  ready(): Promise<void>
  /** The value under `key`, or `undefined`. A stale value counts as a value. */
  get(key: string): Promise<unknown>
  /** Stores `value` under `key`. */
  set(key: string, value: unknown, options?: EntryOptions): Promise<void>
  /** Drops one entry; says whether there was one. */
  delete(key: string): Promise<boolean>
  /** A function that remembers what `fn` returned for the same arguments; see `cached` of `errand/cache`. */
  wrap<Args extends unknown[], Result>(
    fn: (...args: Args) => Result | Promise<Result>,
    options?: CachedOptions<Args>,
  ): (...args: Args) => Promise<Result>
  /**
   * Invalidates everything that is tagged `tag`, also what is being computed now: from now on nobody gets what was begun
   * before. With a life it is stale from now on, and gone after its `expire`. Memory and disk know it when this
   * returns; the promise settles when every process does.
   */
  revalidateTag(tag: string, life?: CacheLife): Promise<void>
  /**
   * Invalidates the page at `path`; with `'layout'` every page below it too. A path with a parameter or a group
   * (`/posts/[id]`, `/(shop)`) stands for all pages of that route.
   */
  revalidatePath(path: string, type?: 'page' | 'layout'): Promise<void>
  /** What an invalidation of a tag or a path (it begins with `/`) would hit, or what is under a key, and why each is fresh, stale or gone. */
  explain(what: string | { tag: string } | { path: string; type?: 'page' | 'layout' } | { key: string }): Promise<Explanation>
  stats(): CacheStats
  /** Waits for what is being computed. */
  close(): Promise<void>
}

export interface CacheOptions {
  /**
   * Where entries live: in this process (`memory`, the default), in a folder that all processes of the machine share
   * (`disk`), or in Redis or Valkey, shared by all machines, with a near cache in each process (`redis`).
   */
  store?: 'memory' | 'disk' | 'redis'
  /** Memory of this name is shared by all threads of the process; without it the cache is its own. */
  name?: string
  /** The folder of the disk store. Default: `node_modules/.cache/errand/cache`. */
  path?: string
  /** Bytes of all entries together, or text such as `64mb`. Default: `256mb`; of the near cache of `redis`: `64mb`. */
  maxBytes?: number | string
  /** Tags whose invalidations are remembered one by one. Default: 100,000. */
  maxTags?: number
  /** Seconds for which one call or process has the right to fill a key. Default: 60. */
  lease?: number
  /** What the disk store outlives: its `process` (the default), or the `machine` too, with a wait for the disk at each write. */
  durability?: 'process' | 'machine'
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS; several are nodes of one cluster. */
  url?: string | string[]
  /** Whether one URL is a cluster's. */
  cluster?: boolean
  /** PEM of who signed Redis's certificate. Default: those whom the system trusts. */
  ca?: string
  /** What all keys in Redis begin with; caches with different ones share nothing. Default: `errand`. */
  prefix?: string
  /**
   * While Redis can't be reached: each caller computes for itself (`bypass`, the default), what is near is served as stale
   * (`stale`), or reads fail (`fail`). An invalidation is an error in any case.
   */
  whenAway?: 'bypass' | 'stale' | 'fail'
  /** After a restart of Redis that may have lost data: all is void (the default), or what it still has is believed. */
  afterRestart?: 'void' | 'trust'
  /** Milliseconds. Default: 2000. */
  connectTimeout?: number
  /** Milliseconds for one command. Default: 1000. */
  commandTimeout?: number
  /** Milliseconds without word from Redis after which nothing near counts as fresh. Default: 2000. */
  maxSilence?: number
  /** Bytes of one value in Redis. Default: `64mb`. */
  maxValueBytes?: number | string
  /**
   * The response header that names the tags of a cached page to a CDN, separated by commas: `cache-tag`, `surrogate-key`.
   * Default: none.
   */
  tagHeader?: string
  /** Told of each invalidation once the store has it, to purge a CDN. What it throws is logged. */
  onInvalidate?: (invalidated: Invalidated) => unknown
  /** Lives of your own by name, beside `default`, `seconds`, `minutes`, `hours`, `days`, `weeks` and `max`. */
  profiles?: Record<string, { stale?: number; revalidate?: number; expire?: number }>
}

/** How long something is served, in seconds: a profile's name, or the times themselves. */
export type CacheLife = string | { stale?: number; revalidate?: number; expire?: number }

/** What was invalidated. */
export interface Invalidated {
  tag?: string
  path?: string
  type?: 'page' | 'layout'
  /** What has it is only stale. */
  isSoft: boolean
  /** As `tagHeader` has it: purge what has this. */
  cacheTag: string
}

/** What is known about entries. */
export interface Explanation {
  entries: {
    key: string
    tags: string[]
    bytes: number
    state: 'fresh' | 'stale' | 'gone'
    /** Why it isn't fresh. */
    why: string | null
    /** The tag whose invalidation did it. */
    markedTag: string | null
    ageSeconds: number
    revalidateSeconds: number | null
    expireSeconds: number | null
    /** When its fill began, on a logical clock that each invalidation moves on. */
    began: number
  }[]
  /** How many there are; at most 1000 are listed. */
  total: number
  /** The tag's invalidations: what began before `hard` is gone, before one of `soft` stale. */
  mark: { hard: number; soft: { tick: number; goneInSeconds: number | null }[] } | null
  /** Whatever began before it is gone. */
  floor: number
}

export interface EntryOptions {
  /** Tags whose invalidation drops the entry. */
  tags?: string[]
  /** Seconds after which the entry is stale: still served while it is computed anew. Default: never. */
  revalidate?: number
  /** Seconds after which the entry is gone. Default: never. */
  expire?: number
}

export interface CachedOptions<Args extends unknown[] = unknown[]> {
  /** Tags, or what makes them from the arguments. */
  tags?: string[] | ((...args: Args) => string[])
  /** Seconds after which the entry is stale: still served while it is computed anew. Default: never. */
  revalidate?: number
  /** Seconds after which the entry is gone. Default: never. */
  expire?: number
  /**
   * Names the function: all of this name share their entries, in other threads, processes and machines too. Without it each
   * has entries of its own, which nobody else sees.
   */
  key?: string
}

export interface CacheStats {
  /** Entries now. */
  entries: number
  /** Bytes they are counted with. */
  bytes: number
  /** Reads that found a fresh entry. */
  hits: number
  /** Reads that found a stale one. */
  staleHits: number
  /** Reads that found none. */
  misses: number
  /** Values stored. */
  fills: number
  /** Fills that failed. */
  failures: number
  /** Times that somebody had to wait for another's fill. */
  waits: number
  /** Entries dropped to make room. */
  evictions: number
  /** Tags whose invalidations are remembered one by one. */
  marks: number
}
