/** What the parts of the generator share: choices from a seed, fresh names, and the syntax that the file may hold. */

import { random } from '../differential/values.ts'

const EXTENSIONS = ['js', 'jsx', 'ts', 'tsx'] as const

/** A random source: each call of a method moves it on. */
export class Source {
  readonly #chance: () => number
  #names = 0
  readonly extension: (typeof EXTENSIONS)[number] | 'mts'
  /** Half of the modules are right: only there the actions can be counted. */
  readonly #isWrong: boolean

  constructor(seed: number) {
    this.#chance = random(seed)
    this.extension = this.chance(0.01) ? 'mts' : this.pick(EXTENSIONS)
    this.#isWrong = this.chance(0.5)
  }

  /** Whether to make a mistake here. */
  slips(of = 0.2): boolean {
    return this.#isWrong && this.chance(of)
  }

  get hasTypes(): boolean {
    return this.extension.includes('ts')
  }

  /** `.js` may hold JSX too, for us as for Next. */
  get hasJsx(): boolean {
    return !this.extension.endsWith('ts')
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#chance() * list.length)]!
  }

  /** One of the functions, called. */
  one(...makers: (() => string)[]): string {
    return this.pick(makers)()
  }

  maybe(chance: number, text: string): string {
    return this.chance(chance) ? text : ''
  }

  chance(of: number): boolean {
    return this.#chance() < of
  }

  times<T>(from: number, to: number, make: () => T): T[] {
    return Array.from({ length: from + Math.floor(this.#chance() * (to - from + 1)) }, make)
  }

  /** A name that nothing else in the module has. */
  name(prefix = 'f'): string {
    this.#names += 1
    return `${prefix}${this.#names}`
  }

  /** `text` where types are allowed. */
  type(text: string): string {
    return this.hasTypes ? text : ''
  }
}

/** A parameter list, without parentheses. */
export function params(from: Source): string {
  const any = from.type(': any')
  return from.one(
    () => '',
    () => '',
    () => `${from.name('p')}${any}`,
    () => `${from.name('p')}${any}, ${from.name('p')}${any}`,
    () => `${from.name('p')} = 1`,
    () => `{ a, b: ${from.name('p')} = 2, ...${from.name('p')} }${any}`,
    () => `[${from.name('p')}, , ...${from.name('p')}]${any}`,
    () => `...${from.name('p')}${from.type(': any[]')}`,
    () => `${from.name('p')}${any}, ...${from.name('p')}${from.type(': any[]')}`,
  )
}
