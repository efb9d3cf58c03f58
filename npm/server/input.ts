/** Arguments through schemas of any library that follows https://standardschema.dev. */

import { ActionError } from '../client/errors.ts'
import { errandError } from '../request/context.ts'

/** What zod, valibot, arktype and others give. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

type AnySchema = StandardSchema<any, any> // what is in a schema, its library knows

/** One for the first argument, or one for each; `undefined` lets an argument pass as it is. */
export type InputSchema = AnySchema | readonly [AnySchema | undefined, ...(AnySchema | undefined)[]]

type TypesOf<Schema> = Schema extends AnySchema ? NonNullable<Schema['~standard']['types']> : { input: any; output: any }

/** What a caller gives. */
export type InputOf<Input> = Input extends AnySchema
  ? [TypesOf<Input>['input']]
  : { -readonly [At in keyof Input]: TypesOf<Input[At]>['input'] }

/** What the function gets. */
export type OutputOf<Input> = Input extends AnySchema
  ? [TypesOf<Input>['output']]
  : { -readonly [At in keyof Input]: TypesOf<Input[At]>['output'] }

/** One thing that is wrong with the input. */
export interface InputIssue {
  /** Where: keys and indices, the argument's own index first where there is a schema for each. */
  path: (string | number)[]
  message: string
}

/**
 * What checks the arguments by `input`. It gives as many as there are schemas: what a stranger sends beyond these
 * reaches nobody.
 *
 * @throws `errand::bad-option` when something is no schema
 */
export function checkerOf(input: InputSchema): (args: unknown[]) => Promise<unknown[]> {
  const isList = Array.isArray(input)
  const schemas = (isList ? input : [input]) as (AnySchema | undefined)[] // `isArray` knows no readonly lists
  if (schemas.length === 0 || !schemas.every((schema) => schema === undefined || isSchema(schema))) {
    throw errandError('errand::bad-option', 'input: is not a Standard Schema, or a list of these')
  }
  return async (args) => {
    const issues: InputIssue[] = []
    const valid = await Promise.all(schemas.map((schema, at) => validated(schema, args[at], isList ? [at] : [], issues)))
    if (issues.length > 0) throw new ActionError('errand::invalid-input', { issues }, 'The input is not valid')
    return valid
  }
}

async function validated(schema: AnySchema | undefined, value: unknown, at: number[], issues: InputIssue[]): Promise<unknown> {
  if (!schema) return value
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return result.value
  for (const { message, path = [] } of result.issues) issues.push({ path: [...at, ...path.map(keyOf)], message })
}

function keyOf(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'symbol' ? String(key) : key
}

/** Some libraries' schemas are functions. */
function isSchema(it: unknown): it is AnySchema {
  const isObject = (typeof it === 'object' && it !== null) || typeof it === 'function'
  return isObject && typeof (it as Partial<AnySchema>)['~standard']?.validate === 'function'
}
