/** Bodies of replies, and what is in live values: for tests that write the one and read the other by hand. */

export type Part = readonly [name: string, value: string | Blob]

/** A form, or a body as somebody may write it by hand. */
export function formOf(...entries: Part[]): FormData {
  const form = new FormData()
  for (const [name, value] of entries) form.append(name, value as Blob) // or a string: `append` takes both
  return form
}

/** The parts of a body, one after another. */
export async function* partsOf(body: string | FormData): AsyncGenerator<Part> {
  if (typeof body === 'string') yield ['0', body]
  else for (const part of body) yield part as Part
}

export function streamOf(...items: unknown[]): ReadableStream {
  return new ReadableStream({ start: (it) => (items.forEach((item) => it.enqueue(item)), it.close()) })
}

export function byteStreamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({ type: 'bytes', start: (it) => (chunks.forEach((chunk) => it.enqueue(chunk.slice())), it.close()) })
}

/** All that a stream or an iterable has to say. */
export async function readAll<T = any>(from: any): Promise<T[]> {
  const items = []
  for await (const item of from) items.push(item)
  return items
}

/** All bytes of a byte stream, read into buffers of the reader's own. */
export async function readIntoOwn(stream: ReadableStream<Uint8Array>, size = 999): Promise<Uint8Array> {
  const reader = stream.getReader({ mode: 'byob' })
  const chunks: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(size))
    if (done) return Buffer.concat(chunks)
    chunks.push(value)
  }
}

export const VIEWS: any[] = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView]

/** One of each kind of binary data; the views see a part of their buffer. */
export function allBinary(): any[] {
  const { buffer } = Uint8Array.from({ length: 64 }, (_, at) => at * 7)
  return [buffer, ...VIEWS.map((View) => new View(buffer, 16, 3))]
}

/** What `data` is and holds, wherever in its buffer that is. */
export function bytesIn(data: any): [kind: string, bytes: number[]] {
  const view = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return [data.constructor.name, [...view]]
}
