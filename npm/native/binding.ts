/**
 * What the addon exports, and the shapes that cross. Written by hand beside `crates/node`; what the
 * fields mean is said there, and for users in `index.d.ts`.
 */

import type { CacheStats, TransformOptions } from '../../index.d.ts'

export interface Native {
  transform(code: string, options: TransformOptions): Promise<Compiled>
  transformSync(code: string, options: TransformOptions): Compiled
  moduleExports(code: string, filename: string): string | null
  scan(code: string | Uint8Array): boolean
  ReplyLimits: new (limits: LimitSettings) => ReplyLimits
  decodeReply(body: Uint8Array, contentType: string, limits: ReplyLimits): Decoded
  /** Whether the first `length` bytes are a text for `JSON.parse` as it is. */
  isPlainReply(bytes: Uint8Array, length: number, limits: ReplyLimits): boolean
  /** On another thread; until then the bytes must stay as they are. `null`: the body is plain, so parse it as it is. */
  decodeReplyLater(body: Uint8Array, contentType: string, limits: ReplyLimits): Promise<Decoded | null>
  /** The rows of a call whose result is whole; `sizes` are those of its blobs. */
  encodeCall(text: string, program: string, sizes: number[]): Rows
  encodeCallError(row: ErrorRow): Uint8Array
  FlightEncoder: new (isCall: boolean) => FlightEncoder
  ReplyDecoder: new (limits: ReplyLimits) => ReplyDecoder
  Host: new (settings: HostSettings) => NativeHost
  Policy: new (settings: PolicySettings) => NativePolicy
  timedOut(millis: number): Refusal
  Cache: new (settings: CacheSettings) => NativeCache
  /** Listens at once. `wake` is called when there is something to drain, and not again before it was drained. */
  Listener: new (settings: ListenSettings, host: NativeHost, cache: NativeCache, wake: () => void) => NativeListener
  /** The key of a stored page; `vary` is flat: names of headers and their values. */
  pageKey(url: string, vary: (string | null)[]): string
  /** The bytes of a page to store; `null` for one that is not for everybody. */
  encodePage(status: number, headers: string[], body: Uint8Array, sharing: PageSharing): Uint8Array | null
  /** What the browser may know of an error that was not thrown for it. */
  redact(name: string, message: string, digest: string, isProduction: boolean): { name: string; message: string }
  /** A tag as the header has it that names tags to a CDN. */
  headerTag(tag: string): string
  /** What was stored `age` seconds ago; `body` is where it begins. */
  decodePage(bytes: Uint8Array, age: number | undefined, ifNoneMatch: string | undefined): (Head & { body: number }) | null
}

export interface Compiled {
  code: string | null
  map: string | null
  /** JSON of the actions, the diagnostics and the modules exported from, or nothing. */
  facts: string
}

/** Limits, read once. */
export interface ReplyLimits {
  readonly limits: unique symbol
}

/** Sizes as the user wrote them: bytes, or text such as `1mb`. */
export interface LimitSettings {
  body?: string
  file?: string
  part?: string
  string?: string
  files?: number
  fields?: number
  parts?: number
  live?: number
  events?: number
  depth?: number
  nodes?: number
  references?: number
  arguments?: number
  boundArgs?: number
  bigIntDigits?: number
  nameBytes?: number
}

/** What `action()` was given; sizes and times as the user wrote them. */
export interface PolicySettings {
  limit?: string
  fileCount?: number
  fileSize?: string
  fileTypes?: string[]
  timeout?: string
  concurrency?: number
  queue?: number
}

/** Reads a policy, and counts its calls at a time. */
export interface NativePolicy {
  /** In milliseconds. */
  timeout(): number | null
  hasPlaces(): boolean
  enter(): 0 | 1 | Refusal
  leave(): boolean
  giveUp(): void
}

export interface HostSettings {
  actions: string[]
  /** By action, for those that have one. */
  policies: Record<string, PolicySettings>
  allowedOrigins: string[]
  trustProxy: string[]
  limits: LimitSettings
  /** The first that is given counts. */
  secret: {
    secrets?: string[]
    /** Several in one text. */
    text?: string | undefined
    file?: string | undefined
    /** Where one is kept that nobody gave. */
    folder: string
  }
  sealLifetime: number | undefined
  build: string | undefined
}

/** 0: not ours; 1: a fetch call; 2: perhaps a form; else a fetch call under a policy. */
export type Admission = 0 | 1 | 2 | Refusal | Admitted

/** A call that may be made: now (`turn` is 0), or when one before it has ended (1). */
export interface Admitted {
  policy: number
  turn: 0 | 1
}

/** What a body held, for a policy that is known later. */
export interface Usage {
  bytes: number
  textBytes: number
  files: { bytes: number; mediaType: string; isUnnamed: boolean }[]
}

/** A whole answer; `headers` is flat: name, value, name, value. */
export interface Head {
  status: number
  headers: string[]
}

export interface Refusal extends Head {
  body: string
  code: string
  log: string
}

/** A value on its way into JavaScript; see `npm/values`. */
export interface Skeleton {
  text: string
  program: string
}

/** Decoded text: it has no files. */
export interface DecodedText extends Skeleton {
  references: string[]
}

export interface Decoded extends DecodedText {
  files: Uint8Array[]
}

/** Decodes a call's parts as they arrive. After an error it does nothing but repeat it. */
export interface ReplyDecoder {
  text(name: string, value: string): void
  /** The bytes stay here; the number is what skeletons know them by. */
  file(name: string, fileName: string | undefined, mediaType: string, bytes: number): number
  end(): void
  /** What has come since the last time; `null` if that makes no whole yet. */
  decode(): Piece | null
}

/** The arguments, or more of what is in them. */
export interface Piece extends Skeleton {
  references: string[]
  /** The files whose bytes are wanted at once. */
  views: number[]
  isOpen: boolean
}

/** Decodes a body while it arrives. Files are bytes, or the path of a file that is gone when it is closed. */
export interface ArrivingCall {
  push(bytes: Uint8Array | Uint8Array[]): Promise<Arrived>
  end(): Promise<Arrived>
  close(): void
}

/** `null`: nothing is whole. */
export type Arrived = ArrivedPiece | Refusal | null

export interface ArrivedPiece extends Omit<Piece, 'views'> {
  files: { index: number; content: Uint8Array | string }[]
}

/** As {@link ArrivingCall}, for a form that was sent without JavaScript. */
export interface ArrivingForm {
  push(bytes: Uint8Array | Uint8Array[]): Promise<Refusal | null>
  end(): Promise<{ id: string; arguments: ArrivedPiece; state: FormState | null; usage: Usage } | Refusal | null>
  close(): void
}

/** `useActionState`'s key, the id of its action and how many arguments are bound to it. */
export interface FormState {
  key: string
  referenceId: string
  boundCount: number
}

export interface DecodedForm extends Decoded {
  id: string
  state: FormState | null
  usage: Usage
}

export type Failure = 'unauthorized' | 'forbidden' | 'not-found' | 'declared' | 'unexpected'

export interface CallOutcome {
  paths: string[]
  tags: string[]
  refreshed: boolean
  redirect: { target: string; permanent: boolean; replace: boolean; page: string; host: string | undefined } | null
  failure: Failure | null
}

export interface CallHead extends Head {
  /** The redirect's address: a path when it stays on this origin. */
  location: string | null
  internal: boolean
}

export interface ErrorRow {
  digest: string
  name: string
  message: string
  /** Of an `ActionError`: its code and its data as JSON text. */
  code: string | null
  data: string | null
}

/** Small rows of text come as a string. `holes` is flat: where in `bytes` a blob goes, and which. */
export type Rows = string | Uint8Array | { bytes: Uint8Array; holes: number[] }

/** Writes an answer that is not whole yet. `live` is the node of what goes on. */
export interface FlightEncoder {
  start(text: string, program: string, sizes: number[]): Rows
  item(live: number, text: string, program: string, sizes: number[]): Rows
  bytes(live: number, size: number): Rows
  /** A promise's value, or what an iteration returns. */
  end(live: number, text: string, program: string, sizes: number[]): Rows
  /** The end of a stream. */
  close(live: number): Rows
  fail(live: number, row: ErrorRow): Rows
}

/** What a page's head says to others' caches; times in seconds. */
export interface PageSharing {
  /** It was made for who asked. */
  isPersonal: boolean
  vary: string[]
  /** Missing: others' caches are to ask each time. */
  fresh?: number
  stale?: number
  tagHeader?: string
  tags: string[]
}

/** What proxies added to a request's head. */
export interface Proxied {
  /** `x-forwarded-host` */
  host: string | undefined
  /** `x-forwarded-port` */
  port: string | undefined
  /** `forwarded` */
  forwarded: string | undefined
  /** Address of the connection's other end. */
  peer: string | undefined
}

export interface NativeHost {
  admit(
    method: string,
    action: string | undefined,
    contentType: string | undefined,
    contentLength: number | undefined,
    host: string | undefined,
    origin: string | undefined,
    secFetchSite: string | undefined,
    proxied: Proxied | undefined,
  ): Admission
  /** Guards a form once its fields have shown that it calls an action. */
  admitForm(
    contentLength: number | undefined,
    host: string | undefined,
    origin: string | undefined,
    secFetchSite: string | undefined,
    proxied: Proxied | undefined,
  ): Refusal | null
  /** Our own host and port as the visitor's browser knows them. */
  authority(host: string | undefined, proxied: Proxied | undefined): string | null
  /** Whether the bytes of a multipart body, perhaps its beginning, name an action. */
  namesAction(bytes: Uint8Array): boolean
  /** `null`: the body is plain, so parse it as it is. `policy` is a number from here, 0 for none. */
  decodeCall(policy: number, contentType: string, body: Uint8Array): null | Decoded | Refusal
  /** Of text, on another thread. */
  decodeTextLater(policy: number, contentType: string, body: Uint8Array): Promise<null | DecodedText | Refusal>
  /** Its large files go into `directory`. */
  arriving(policy: number, contentType: string, directory: string): ArrivingCall | Refusal
  arrivingForm(contentType: string, directory: string): ArrivingForm | Refusal
  decodeForm(contentType: string, body: Uint8Array): DecodedForm | Refusal | null
  bodyLimit(policy: number, contentType: string): number
  bodyTooLarge(policy: number, contentType: string): Refusal
  /** The policy of an action. */
  policyOf(id: string): number
  /** The number of a policy that came with a function: it can only narrow `base`. Its calls at a time are not counted here. */
  learn(base: number, policy: PolicySettings): number
  hasPlaces(policy: number): boolean
  enter(policy: number): 0 | 1 | Refusal
  leave(policy: number): boolean
  giveUp(policy: number): void
  /** In milliseconds. */
  timeoutOf(policy: number): number | null
  checkLength(policy: number, contentType: string, contentLength: number | undefined): Refusal | null
  checkUsage(policy: number, usage: Usage): Refusal | null
  unknownAction(): Refusal
  /** The user's guard said no. */
  guardRefused(id: string): Refusal
  seal(id: string, text: string, program: string): string
  /** Changes when what was sealed before should be sealed anew. */
  sealEpoch(): number
  open(id: string, sealed: string): Skeleton | Refusal
  setSecrets(secrets: string[]): void
  /** What an operator should know about where the secret is. */
  secretWarning(): string | null
  /** What answers name as their build. */
  build(): string
  /** Whether one of the secrets may have sealed this. */
  mayOpen(sealed: string): boolean
  digest(text: string): string
  callHead(outcome: CallOutcome): CallHead | Refusal
  formRedirect(location: string): Head
  failureStatus(failure: Failure): number
}

export interface CacheSettings {
  store?: string
  /** Memory of this name is shared by all threads. */
  name?: string
  path?: string
  maxBytes?: string
  maxTags?: number
  lease?: number
  durability?: string
  redis?: {
    urls: string[]
    cluster?: boolean
    ca?: string
    prefix?: string
    whenAway?: string
    afterRestart?: string
    connectTimeout?: number
    commandTimeout?: number
    maxSilence?: number
    maxValueBytes?: string
  }
  profiles?: { name: string; life: LifeSettings }[]
}

/** Seconds; `Infinity` is without end. */
export interface LifeSettings {
  stale?: number | undefined
  revalidate?: number | undefined
  expire?: number | undefined
}

/** A large value on this machine, read from its beginning on. */
export interface CacheParts {
  readonly length: number
  /** `null` at the end. */
  next(): Uint8Array | null
}

export interface CacheHit {
  stale: boolean
  value: Uint8Array | CacheParts
  tags: string[]
  /** Seconds since it was stored. */
  age: number
  life: LifeSettings
}

/** At once, unless the store has to ask another machine. */
type Soon<T> = T | Promise<T>

export interface NativeCache {
  /** What an operator should know about how the store was found; told once. */
  notice(): string | null
  read(key: string, also?: string[]): Soon<CacheHit | null>
  /** The number of a fill to run; 0: somebody else runs it. `tags`: those that are known already. */
  begin(key: string, tags: string[]): Soon<number>
  /** Adds to the value of a fill; `false`: it has more bytes than the store takes. */
  write(fill: number, bytes: Uint8Array): Soon<boolean>
  /** `null`: the value is what was written. */
  finish(fill: number, value: Uint8Array | null, tags: string[], life: LifeSettings): Soon<boolean>
  abandon(fill: number): Soon<void>
  delete(key: string): Soon<boolean>
  /** Tags in the cache's own spelling. */
  userTags(tags: string[]): string[]
  pageTags(path: string, route: string | undefined): string[]
  /** The tag that `revalidatePath` marks. */
  pathTag(path: string, reach: 'page' | 'layout'): string
  /** A profile's life, or one that is looked over. */
  life(profile: string | LifeSettings): LifeSettings
  /** Gives the tick of the mark. Without a life what has the tag is gone, else stale until `expire`. */
  revalidateTag(tag: string, life: LifeSettings | undefined): Soon<number>
  /** As `revalidateTag`, of tags in a spelling of one's own. */
  mark(tags: string[], life: LifeSettings | undefined): Soon<number>
  revalidatePath(path: string, reach: 'page' | 'layout'): Soon<number>
  /** Waits until reads here see the mark of this tick, wherever it was set. */
  catchUp(tick: number): Soon<void>
  /** Waits until the store can be asked, not for long. */
  ready(): Soon<void>
  /** JSON. */
  explain(what: string, isKey: boolean): Soon<string>
  stats(): CacheStats
}

/** What `handler.listen` takes, sizes as the user wrote them. */
export interface ListenSettings {
  host: string | undefined
  port: number
  threads: number | undefined
  cert: string | Uint8Array | undefined
  key: string | Uint8Array | undefined
  maxConnections: number | undefined
  maxHeaderBytes: string | undefined
  maxHeaders: number | undefined
  maxStreams: number | undefined
  headersMs: number | undefined
  bodyMs: number | undefined
  idleMs: number | undefined
}

export interface ListenAddress {
  address: string
  family: 'IPv4' | 'IPv6'
  port: number
}

/** What comes first in each event of {@link NativeListener.drain}. */
export const LISTEN = { request: 0, chunk: 1, end: 2, broken: 3, drained: 4, closed: 5, log: 6, ended: 7, decoded: 8 } as const

/** What a request is: the action of a call that may be made, perhaps a form (`true`), or something else. */
export type ListenKind = string | boolean

/** A body: none, arguments as JSON, all bytes, or (`true`) what comes when it is pulled. */
export type ListenContent = null | string | Uint8Array | true

/** Requests are named by numbers. What is said of one that has ended does nothing. */
export interface NativeListener {
  address(): ListenAddress | null
  connections(): number
  /** From now on the cache may hold pages. */
  expectPages(): void
  /**
   * What has happened, flat. A request: id, {@link ListenKind}, head (method, url, peer, scheme, names and values, in
   * lines), {@link ListenContent}, a call's policy (0: none; negative: it has to wait for its turn). A chunk: id, bytes. Decoded: id, what
   * {@link ArrivingCall.push} gives, whether that is all. Closed: id, whether the answer is out. A log: the line.
   * `ended`: nothing. All others: id.
   */
  drain(): unknown[]
  /** Answers. `headers` is a flat list as JSON. Gives the name of a header that can't be sent. */
  answer(id: number, status: number, headers: string, body: string | Uint8Array | null): string | null
  /** Keeps an answer that is given often, and gives its number; `null`: it can't be sent. */
  keep(status: number, headers: string, body: string): number | null
  /** Answers the first `count` of them with what was kept. */
  answerKept(kept: number, ids: Float64Array, count: number): void
  /** Answers; the body is written, and ended. */
  begin(id: number, status: number, headers: string): string | null
  /** `false`: wait for `drained`. */
  write(id: number, bytes: Uint8Array): boolean
  end(id: number, isWhole: boolean): void
  /** Asks for a chunk, `end` or `broken`; `false`: none will come. */
  pull(id: number): boolean
  /** Decodes the body where it arrives: asks for `decoded` or `broken`, always with the same call. `false`: none will come. */
  decode(id: number, call: ArrivingCall): boolean
  /** `closed` will be told; `false`: it is. */
  watch(id: number): boolean
  /** `ended` will be told. */
  close(graceMs: number): void
  dispose(): void
}
