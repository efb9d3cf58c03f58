/** Values that say something later: promises, streams, async iterables. Who feeds them decides when. */

/** The end at which a live value is fed. */
export interface Channel {
  /** What the user holds. */
  readonly value: unknown
  /** The next item; a promise has none. */
  item(value: unknown): void
  /** A promise's value, what an iteration returns, the end of a stream. */
  end(value: unknown): void
  /** Nothing more comes, and this is why. What came before can still be read. */
  fail(error: unknown): void
}

/** A channel of one of React's kinds, by its letter: `@` `R` `r` `X` `x`. */
export function channel(kind: string): Channel | undefined {
  if (kind === '@') return promise()
  if (!/^[RrXx]$/.test(kind)) return undefined
  const { value, put, end } = feed(kind)
  return {
    value,
    item: (value) => put({ done: false, value }),
    end(value) {
      put({ done: true, value })
      end()
    },
    fail: (error) => end(quiet(Promise.reject(error))),
  }
}

function promise(): Channel {
  let end!: (value: unknown) => void
  let fail!: (error: unknown) => void
  const value = new Promise((resolve, reject) => ([end, fail] = [resolve, reject]))
  return { value: quiet(value), item() {}, end, fail }
}

/** A promise that ends no process when nobody looks at it. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

type Result = IteratorResult<unknown, unknown>

/** A stream or an async iteration, fed result by result; one that is not there yet takes its turn, and fails alone. */
export interface Feed {
  /** What the user holds. */
  readonly value: unknown
  put(result: Result | Promise<Result>): void
  /** Nothing more comes, what came can still be read; behind it is `rest`, by default the end. */
  end(rest?: Result | Promise<Result>): void
}

/**
 * Feeds a ReadableStream of values (`R`) or of bytes (`r`), an async iterable (`X`) or an async iterator (`x`).
 *
 * @param left is told when its only reader leaves; an iterable may be read again
 */
export function feed(kind: string, left?: () => void): Feed {
  let step = new Step()
  const first = step
  const end = (rest: Result | Promise<Result> = DONE): void => {
    for (let last; step !== last; step = step.next ??= step) (last = step).settle(rest)
  }
  const once = iterate(first, () => {
    end()
    left?.()
  })
  return {
    value: kind === 'X' ? { [Symbol.asyncIterator]: () => iterate(first) } : kind === 'x' ? once : stream(once, kind === 'r'),
    put(result) {
      step.settle(result)
      step = step.next ??= new Step()
    },
    end,
  }
}

/**
 * One step of an iteration. They form a list that readers walk along, so what nobody can read any more is let go; the last
 * one is followed by itself.
 */
class Step {
  declare next?: Step
  declare settle: (result: Result | Promise<Result>) => void
  readonly result = quiet(new Promise<Result>((resolve) => (this.settle = resolve)))
}

const DONE: Result = { done: true, value: undefined }

const END = new Step()
END.settle(DONE)
END.next = END

type Iteration = Required<Omit<AsyncIterableIterator<unknown>, 'throw'>>

function iterate(step: Step, onReturn?: () => void): Iteration {
  return {
    next(sent?: unknown) {
      if (sent !== undefined) throw new TypeError('next()')
      const { result } = step
      step = step.next ??= new Step()
      return result
    },
    async return(value) {
      step = END
      onReturn?.()
      return { done: true, value }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function stream(items: Iteration, isBytes: boolean): ReadableStream<unknown> {
  return new ReadableStream(
    {
      // A browser without streams of bytes gets one of chunks.
      ...(isBytes && 'ReadableByteStreamController' in globalThis && { type: 'bytes' as never }),
      async pull(controller: ReadableStreamDefaultController & Partial<ReadableByteStreamController>) {
        for (;;) {
          const { done, value } = await items.next()
          if (done) {
            controller.close()
            return controller.byobRequest?.respond(0) // the reader's own buffer
          }
          // A stream of bytes takes no empty ones.
          if (!isBytes || (value as ArrayBufferView).byteLength) return controller.enqueue(value)
        }
      },
      cancel: items.return as never,
    },
    { highWaterMark: 0 },
  )
}
