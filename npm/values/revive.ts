import { ErrandError } from './error.ts'

/** What a program needs from outside. */
export interface ReviveSource {
  /** The bytes of the files, as the `B` instructions number them. */
  blobs: readonly (Uint8Array | Blob)[]
  /**
   * The function that stands for a server reference. `bound` is complete, except that a Map, Set or FormData in it may
   * still be empty: it is filled before {@link revive} returns.
   */
  reference(id: string, bound: unknown[] | null): unknown
}

/**
 * Builds the value that {@link lower}, or the decoder in Rust, took apart.
 *
 * It decides nothing and calls nothing of the data: it parses the text and follows the program.
 *
 * ```ts
 * revive('[[1,null]]', '["D","1970-01-01T00:00:00.000Z","=",1,0]', source)   // [1, new Date(0)]
 * ```
 *
 * @throws ErrandError `errand::bad-skeleton` for a program that does not fit its text; SyntaxError for a text that is
 * not JSON. Neither can happen with what `lower` and the decoder made.
 */
export function revive(text: string, program: string, source: ReviveSource): unknown {
  const parsed: unknown = JSON.parse(text)
  return program === '' ? parsed : follow(parsed as unknown[], JSON.parse(program) as unknown[], source)
}

type Container = Record<string | number, unknown>
type Fill = (items: [unknown, unknown][]) => void
type Late = [container: Container, key: string | number, node: BoundReference]

/** A reference that waits for its bound arguments to be placed. */
class BoundReference {
  readonly id: string
  readonly tree: number
  state: 'waiting' | 'building' | 'built' = 'waiting'
  value: unknown

  constructor(id: string, tree: number) {
    this.id = id
    this.tree = tree
  }
}

function follow(trees: unknown[], ops: unknown[], source: ReviveSource): unknown {
  const nodes: unknown[] = []
  const fills: [tree: number, fill: Fill][] = []
  const late = new Map<number, Late[]>()
  const way: Container[] = []
  let tree = 0
  let at = 0
  let container = trees[0] as Container

  // The program is ours: what an instruction holds is what its letter says.
  const next = <T>(): T => ops[at++] as T
  const collection = (value: object, fill: Fill): void => {
    nodes.push(value)
    fills.push([next<number>(), fill])
  }

  while (at < ops.length) {
    switch (next<string>()) {
      case '=': {
        const key = next<string | number>()
        const node = nodes[next<number>()]
        if (!(node instanceof BoundReference)) put(container, key, node)
        else if (late.has(tree)) late.get(tree)!.push([container, key, node])
        else late.set(tree, [[container, key, node]])
        break
      }
      case '>':
        way.push(container)
        container = enter(container, next())
        break
      case '<':
        container = way.pop() ?? unfit()
        break
      case 'T':
        way.length = 0
        container = trees[(tree = next())] as Container
        break
      case 'R': {
        const target = next<number>()
        trees[target] = nodes[next<number>()]
        break
      }
      case '-':
        delete container[next<string | number>()]
        break
      case 't':
        nodes.push(trees[next<number>()])
        break
      case 'u':
        nodes.push(undefined)
        break
      case 'N':
        nodes.push(NaN)
        break
      case 'I':
        nodes.push(Infinity)
        break
      case '-I':
        nodes.push(-Infinity)
        break
      case '-0':
        nodes.push(-0)
        break
      case 'n':
        nodes.push(BigInt(next<string>()))
        break
      case 'D':
        nodes.push(new Date(next<string>()))
        break
      case 'Q': {
        const map = new Map<unknown, unknown>()
        collection(map, (entries) => entries.forEach(([key, value]) => map.set(key, value)))
        break
      }
      case 'W': {
        const set = new Set<unknown>()
        collection(set, (items) => items.forEach((item) => set.add(item)))
        break
      }
      case 'K': {
        const form = new FormData()
        collection(form, (entries) => entries.forEach(([name, value]) => append(form, name as string, value)))
        break
      }
      case 'B':
        nodes.push(file(source.blobs[next<number>()] ?? unfit(), next(), next()))
        break
      case 'h': {
        const id = next<string>()
        const bound = next<number | null>()
        nodes.push(bound === null ? source.reference(id, null) : new BoundReference(id, bound))
        break
      }
      default:
        unfit()
    }
  }

  /** Inner references first: a reference may be bound to another, never to itself. */
  const build = (node: BoundReference): unknown => {
    if (node.state === 'building') unfit()
    if (node.state === 'waiting') {
      node.state = 'building'
      placeLate(node.tree)
      node.value = source.reference(node.id, trees[node.tree] as unknown[])
      node.state = 'built'
    }
    return node.value
  }
  const placeLate = (of: number): void =>
    late.get(of)?.forEach(([container, key, node]) => put(container, key, build(node)))

  for (const of of late.keys()) placeLate(of)
  trees.forEach((it, of) => it instanceof BoundReference && (trees[of] = build(it)))
  for (const [of, fill] of fills) fill(trees[of] as [unknown, unknown][])
  return trees[0]
}

/** Puts a node where its placeholder is. The key is there already, so no setter can run. */
function put(container: Container, key: string | number, node: unknown): void {
  if (key === '__proto__' || !Object.hasOwn(container, key)) unfit()
  // A function under this name would be called by the first `await` that meets the object.
  container[key] = key === 'then' && typeof node === 'function' ? null : node
}

function enter(container: Container, key: string | number): Container {
  const inner = Object.hasOwn(container, key) ? container[key] : undefined
  return typeof inner === 'object' && inner !== null ? (inner as Container) : unfit()
}

function append(form: FormData, name: string, value: unknown): void {
  if (value instanceof Blob) form.append(name, value)
  else form.append(name, String(value))
}

function file(bytes: Uint8Array | Blob, name: string | null, type: string): Blob {
  // TypeScript wants to know that the bytes are not shared with another thread: they never are.
  const parts = [bytes as BlobPart]
  return name === null ? new Blob(parts, { type }) : new File(parts, name, { type })
}

function unfit(): never {
  throw new ErrandError('errand::bad-skeleton', 'The program does not fit its text')
}
