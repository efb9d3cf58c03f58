/** What a case's check works with: the compiled module, and calls as the server itself and as a browser make them. */

import assert from 'node:assert/strict'

import { configure, createServerReference } from 'errand/client'
import { createHandler } from 'errand/server'
import type { ReactNode } from 'react'
import { renderToReadableStream } from 'react-dom/server'

import type { ActionEntry, Bundles, Graph, Module } from './bundle.ts'

/** A reference to an action: the server's own, or what a browser holds of it. */
export interface Reference {
  (...args: any[]): Promise<any> // what an action takes and gives, its case knows
  $$id: string
  $$bound: unknown[] | null
  bind(self: null, ...args: unknown[]): Reference
}

/** A check's only argument; what a `check.ts` exports. */
export interface Case {
  /** What the compiled and bundled input exports. */
  module: Module
  /** Calls `reference` here and from a browser, which must come to the same; gives what it resolves to. */
  call(reference: Reference, ...args: unknown[]): Promise<any>
  /** Calls an action as a browser would that says these things of its own accord. */
  callById(id: string, ...args: unknown[]): Promise<any>
  /** Sends `value` as an action's result; gives what the browser makes of it, its references callable. */
  toBrowser<T>(value: T): Promise<T>
  /** The input's actions, in the order of the source. */
  actions: ActionEntry[]
  /** The input compiled for another graph. */
  load(graph: Graph): Promise<Module>
  /** The text of that. */
  text(graph: Graph): string
  /** The HTML that React renders of `node`. */
  html(node: ReactNode): Promise<string>
  /** Sends the first form of `html`, as a browser without JavaScript would. */
  submit(html: string, fields?: Record<string, string>): Promise<Response>
}

export type Check = (it: Case) => Promise<void>

const ORIGIN = 'http://app.test'
const GIVE = 'gives a value of the tests'

/** Starts the server of all cases' actions, and the browser that calls it. */
export function startServer(bundles: Bundles): (name: string) => Promise<Case> {
  const gifts: unknown[] = []
  const give = (at: number): unknown => gifts[at]
  const handler = createHandler({
    actions: { ...bundles.table, [GIVE]: () => give },
    secret: 'a secret for tests only',
    onError: () => {}, // what fails is seen by who called
  })
  const send = async (init: RequestInit, url: string | URL = `${ORIGIN}/page`): Promise<Response> => {
    const headers = new Headers(init.headers)
    headers.set('origin', ORIGIN)
    const response = await handler.fetch(new Request(url, { ...init, headers }))
    assert.ok(response, 'no call of an action')
    return response
  }
  configure({ url: `${ORIGIN}/page`, fetch: (url, init) => send(init, url) })

  const toBrowser = async <T>(value: T): Promise<T> => createServerReference(GIVE)(gifts.push(value) - 1) as Promise<T>
  const call: Case['call'] = async (reference, ...args) => {
    const held = await toBrowser(reference)
    const sent = await Promise.all(args.map((it) => (typeof it === 'function' ? toBrowser(it) : it)))
    const here: unknown = await reference(...args)
    assert.deepEqual(await held(...sent), here, 'from a browser it comes to something else')
    return here
  }
  const submit: Case['submit'] = (html, fields = {}) => send({ method: 'POST', body: formOf(html, fields) })

  return async (name) => ({
    module: await bundles.load('server', name),
    call,
    callById: (id, ...args) => createServerReference(id)(...args),
    toBrowser,
    actions: bundles.actionsOf(name),
    load: (graph) => bundles.load(graph, name),
    text: (graph) => bundles.text(graph, name),
    html: async (node) => new Response(await renderToReadableStream(node)).text(),
    submit,
  })
}

/** The fields that a browser sends of the first form: its hidden ones, and those that the user filled in. */
function formOf(html: string, fields: Record<string, string>): FormData {
  const form = /<form\b[^>]*>.*?<\/form>/s.exec(html)?.[0]
  assert.ok(form, `no form in ${html}`)
  assert.match(form, /^<form\b[^>]*\bmethod="POST"/)
  const data = new FormData()
  for (const [input] of form.matchAll(/<(?:input|button)\b[^>]*>/g)) {
    const name = attribute(input, 'name')
    if (name !== undefined) data.append(name, fields[name] ?? attribute(input, 'value') ?? '')
  }
  return data
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return value?.replace(/&(quot|#x27|lt|gt|amp);/g, (_, entity: string) => ENTITIES[entity]!)
}

/** What React escapes in an attribute. */
const ENTITIES: Record<string, string> = { quot: '"', '#x27': "'", lt: '<', gt: '>', amp: '&' }
