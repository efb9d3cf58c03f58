/**
 * Values to send through encoders: random ones from a seed, and a picture of a value in which two that mean the same
 * are deeply equal.
 */

/** Which values may occur. */
export interface Kinds {
  /** Map, Set, Date, BigInt, `undefined` and the numbers that JSON has no word for. */
  tagged?: boolean
  /** FormData, Blob and File. */
  files?: boolean
  /** ArrayBuffer and its views. */
  binary?: boolean
  /** Promises, streams, iterators and async iterables. They are read once: generate anew for each reader. */
  live?: boolean
  /** Objects that occur more than once. */
  shared?: boolean
  /** Objects under keys with a `:`, to which React's formats know no way. */
  colons?: boolean
  /** `createReference(id, bound)`: server references, with bound arguments or without. */
  createReference?: (id: string, bound: unknown[] | null) => unknown
}

const FIRST_SEED = Number(process.env.FIRST_SEED ?? 1)

/** How many random values a test tries: `usual`, or what `RUNS` says. */
export const runs = (usual: number): number => Number(process.env.RUNS ?? usual)

/** A seed for each, from `FIRST_SEED` on: `RUNS=100000 FIRST_SEED=5001 npm test -- node differential/addon`. */
export function* seeds(usual: number): Generator<number, void> {
  for (let at = 0; at < runs(usual); at++) yield FIRST_SEED + at
}

/** A stream of random numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Limits that no random value reaches: of many thousands one has more files than a call may. */
export const ROOMY = { files: 10_000, fields: 10_000, parts: 10_000, live: 10_000 }

const STRINGS = ['', 'a', '$', '$$', '$1', '$@0', '$undefined', '$D0', 'é', '😀', '\u2028', 'a\nb"\\', '__proto', 'then', '0:1']
const KEYS = ['a', 'b', 'id', '$k', '0', '10', 'a:b', '', 'constructor', 'then', 'ключ', 'toString', 'length']
const NUMBERS = [0, 1, -1, 0.1, 1e21, -1e-7, 2 ** 53, Number.MAX_VALUE, 5e-324]
const ODD = [undefined, NaN, Infinity, -Infinity, -0, 0n, -5n, 90071992547409910000n]

const VIEWS: any[] = [ArrayBuffer, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView]

/** Whether reading `it` uses it up. */
function isReadOnce(it: any): boolean {
  return it instanceof ReadableStream || Symbol.asyncIterator in it || it[Symbol.iterator]?.() === it
}

/** A random value no deeper than `depth`. */
export function generate(chance: () => number, kinds: Kinds, depth = 4): unknown {
  const seen: unknown[] = []
  /** How many values that are read once. */
  let made = 0
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)]!
  const many = <T>(make: () => T): T[] => Array.from({ length: Math.floor(chance() * 5) }, make)
  const date = (): Date => new Date(Math.floor((chance() - 0.5) * 1e14))
  const text = (): string => (chance() < 0.02 ? 'long $ é😀'.repeat(300) : pick(STRINGS))

  function leaf(): unknown {
    const roll = chance()
    if (kinds.tagged && roll < 0.3) return roll < 0.1 ? date() : pick(ODD)
    if (kinds.files && roll < 0.4) return file()
    if (kinds.binary && roll < 0.47) return binary()
    if (kinds.createReference && roll < 0.5) return kinds.createReference(pick(['one', 'two']), null)
    return pick([text, () => pick(NUMBERS), () => pick([true, false, null])])()
  }

  function binary(): unknown {
    const bytes = Uint8Array.from({ length: 48 }, () => Math.floor(chance() * 256))
    const View = pick(VIEWS)
    if (View === ArrayBuffer) return bytes.buffer
    const count = Math.floor(chance() * 4)
    return new View(bytes.buffer, pick([0, 8, 16]), View === DataView ? count * 3 : count)
  }

  function live(level: number): unknown {
    made++
    const items = many(() => value(level - 1))
    const last = chance() < 0.5 ? undefined : value(level - 1)
    const iterate = async function* (): AsyncGenerator<unknown, unknown> {
      for (const item of items) yield item
      return last
    }
    return pick<() => unknown>([
      () => Promise.resolve(last),
      () => new Promise((resolve) => setTimeout(() => resolve(items), chance() * 3)),
      () => items[Symbol.iterator](),
      () => new ReadableStream({ start: (it) => (items.forEach((item) => it.enqueue(item)), it.close()) }),
      () => bytesOf(items.length),
      () => ({ [Symbol.asyncIterator]: iterate }),
      iterate,
    ])()
  }

  function bytesOf(chunks: number): ReadableStream {
    return new ReadableStream({
      type: 'bytes',
      start(it) {
        for (let chunk = 1; chunk <= chunks; chunk++) it.enqueue(new Uint8Array(chunk * 700).fill(chunk))
        it.close()
      },
    })
  }

  function file(): Blob {
    const type = pick(['text/plain', 'image/png', 'x/y'])
    return chance() < 0.5 ? new Blob([text()], { type }) : new File([text()], pick(['a.txt', 'ü "q".png']), { type })
  }

  function form(): FormData {
    const it = new FormData()
    for (const key of many(() => pick(KEYS))) {
      // A bare line feed would arrive as CR LF: that is how forms are sent.
      const entry = kinds.files && chance() < 0.3 ? file() : text().replaceAll('\n', ' ')
      if (typeof entry === 'string') it.append(key, entry)
      else it.append(key, entry)
    }
    return it
  }

  function record(level: number): Record<string, unknown> {
    const it: Record<string, unknown> = {}
    for (const key of many(() => pick(KEYS))) it[kinds.colons === false ? key.replace(':', '') : key] = value(level)
    if (typeof it.then === 'function') it.then = null // which decoders make of it
    return it
  }

  function value(level: number): unknown {
    if (kinds.shared && seen.length > 0 && chance() < 0.1) return pick(seen)
    const before = made
    const it = fresh(level)
    // Who reads one that occurs twice finds it empty the second time.
    if (typeof it === 'object' && it !== null && made === before) seen.push(it)
    return it
  }

  function fresh(level: number): unknown {
    const roll = chance()
    if (level <= 0 || roll < 0.3) return leaf()
    const makers: (() => unknown)[] = [() => many(() => value(level - 1)), () => record(level - 1)]
    if (kinds.tagged) {
      makers.push(() => new Map(many(() => [value(level - 1), value(level - 1)] as const)))
      makers.push(() => new Set(many(() => value(level - 1))))
    }
    if (kinds.files) makers.push(form)
    if (kinds.live) makers.push(() => live(level), () => live(level))
    const { createReference } = kinds
    if (createReference) makers.push(() => createReference('bound', many(() => value(level - 1))))
    return pick(makers)()
  }

  return value(depth)
}

/**
 * A picture of `value` for `deepStrictEqual`: files, forms and whatever is read by their contents, references by id and bound arguments,
 * objects that occur again by their number; a property that is `undefined` is not there.
 *
 * With `identity: false`, an object that occurs again is drawn again; with `fileNames: false`, files have no names.
 */
export async function picture(value: unknown, { identity = true, fileNames = true } = {}): Promise<unknown> {
  const numbers = new Map<unknown, number>()

  async function draw(it: unknown): Promise<unknown> {
    if (typeof it === 'function') {
      const { $$id, $$bound } = it as unknown as { $$id: string; $$bound: unknown[] | null }
      return { reference: $$id, bound: await draw($$bound) }
    }
    if (typeof it !== 'object' || it === null) return it
    if (it instanceof Date) return { date: it.getTime() }
    if (identity) {
      const known = numbers.get(it)
      if (known !== undefined) return { again: known }
      numbers.set(it, numbers.size)
    }
    if (it instanceof Blob) return { type: it.type, name: fileNames && it instanceof File ? it.name : 'blob', text: await it.text() }
    if (it instanceof FormData) return { form: await all([...it]) }
    if (it instanceof Map) return { map: await all([...it]) }
    if (it instanceof Set) return { set: await all([...it]) }
    if (it instanceof ArrayBuffer) return { buffer: [...new Uint8Array(it)] }
    if (ArrayBuffer.isView(it)) {
      return { view: it.constructor.name, bytes: [...new Uint8Array(it.buffer, it.byteOffset, it.byteLength)] }
    }
    if (it instanceof Promise) return { promise: await draw(await it) }
    if (it instanceof ReadableStream) return { stream: await drawStream(it) }
    if (Symbol.asyncIterator in it) return { iteration: await iterated(it as AsyncIterable<unknown>) }
    if (isReadOnce(it)) return { iterator: await all(it as Iterable<unknown>) }
    if (Array.isArray(it)) return all(it)
    const drawn: [string, unknown][] = []
    for (const key of Object.keys(it)) {
      const field = await draw((it as Record<string, unknown>)[key])
      if (field !== undefined) drawn.push([key, field])
    }
    return { fields: Object.fromEntries(drawn) }
  }

  /** What it yields, then what it returns. */
  async function iterated(it: AsyncIterable<unknown>): Promise<unknown[]> {
    const drawn: unknown[] = []
    const iterator = it[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await iterator.next()
      drawn.push(await draw(value))
      if (done) return drawn
    }
  }

  async function drawStream(it: ReadableStream): Promise<unknown> {
    const drawn: unknown[] = []
    const reader = it.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return drawn.length > 0 && drawn.every((it) => typeof it === 'number') ? drawn.join() : drawn
      // How bytes are cut is not said.
      if (value instanceof Uint8Array) drawn.push(...value)
      else drawn.push(await draw(value))
    }
  }

  async function all(items: Iterable<unknown>): Promise<unknown[]> {
    const drawn: unknown[] = []
    for (const item of items) drawn.push(await draw(item))
    return drawn
  }

  return draw(value)
}
