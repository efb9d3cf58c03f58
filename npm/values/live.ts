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
  switch (kind) {
    case '@':
      return promise()
    case 'R':
      return stream()
    case 'r':
      return byteStream()
    case 'X':
      return iterable(false)
    case 'x':
      return iterable(true)
  }
  return undefined
}

function promise(): Channel {
  let end!: (value: unknown) => void
  let fail!: (error: unknown) => void
  const value = new Promise((resolve, reject) => ([end, fail] = [resolve, reject]))
  // An argument that nobody looks at must not end the process.
  value.catch(() => {})
  return { value, item() {}, end, fail }
}

function stream(): Channel {
  const feed = new Feed()
  let at = 0
  const value = new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await feed.take(at++)
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => feed.cancel(),
    },
    { highWaterMark: 0 },
  )
  return feed.channel(value)
}

function byteStream(): Channel {
  const feed = new Feed()
  let at = 0
  const value = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      for (;;) {
        const { done, value } = await feed.take(at++)
        if (done) {
          controller.close()
          controller.byobRequest?.respond(0)
          return
        }
        // The decoder has seen that it is a view; such a stream takes no empty ones.
        const view = value as ArrayBufferView<ArrayBuffer>
        if (view.byteLength > 0) return controller.enqueue(view)
      }
    },
    cancel: () => feed.cancel(),
  })
  return feed.channel(value)
}

/** An iterator of itself is read once; an iterable as often as one likes, each time from the start. */
function iterable(isIterator: boolean): Channel {
  const feed = new Feed()
  const iterate = (): AsyncIterableIterator<unknown> => {
    let at = 0
    return {
      next(...sent: unknown[]) {
        if (sent.length > 0 && sent[0] !== undefined) throw new TypeError('What comes from a client takes no values in next()')
        return isIterator ? feed.take(at++) : feed.read(at++)
      },
      async return(value?: unknown) {
        at = Infinity
        if (isIterator) feed.cancel()
        return { done: true, value }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }
  return feed.channel(isIterator ? iterate() : { [Symbol.asyncIterator]: iterate })
}

type Result = IteratorResult<unknown, unknown>
interface Waiter {
  at: number
  resolve(result: Result): void
  reject(error: unknown): void
}

const DONE: Result = { done: true, value: undefined }

/** Items that have come, and readers that wait for those that have not. */
class Feed {
  readonly #results: (Result | undefined)[] = []
  #waiters: Waiter[] = []
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: unknown

  channel(value: unknown): Channel {
    return {
      value,
      item: (value) => this.#add({ done: false, value }),
      end: (value) => {
        this.#add({ done: true, value })
        this.#stop('ended')
      },
      fail: (error) => {
        this.#error ??= error
        this.#stop('failed')
      },
    }
  }

  /** The item at `at`, now or when it comes. */
  read(at: number): Promise<Result> {
    const known = this.#results[at]
    if (known) return Promise.resolve(known)
    if (this.#state === 'failed' && at < Infinity) return Promise.reject(this.#error)
    if (this.#state === 'ended' || at === Infinity) return Promise.resolve(DONE)
    return new Promise((resolve, reject) => this.#waiters.push({ at, resolve, reject }))
  }

  /** As {@link read}, for the only reader: what was read is forgotten. */
  async take(at: number): Promise<Result> {
    const result = await this.read(at)
    if (at < this.#results.length) this.#results[at] = undefined
    return result
  }

  /** Nobody reads any more. */
  cancel(): void {
    this.#results.length = 0
    this.#stop('ended')
  }

  #add(result: Result): void {
    if (this.#state !== 'open') return
    const at = this.#results.push(result) - 1
    // Readers ask in their order, so the first ones wait for the first items.
    this.#waiters = this.#waiters.filter((waiter) => waiter.at !== at || waiter.resolve(result))
  }

  #stop(state: 'ended' | 'failed'): void {
    if (this.#state !== 'open') return
    this.#state = state
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      if (state === 'failed') reject(this.#error)
      else resolve(DONE)
    }
  }
}
