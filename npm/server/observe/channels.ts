/** Channels of `node:diagnostics_channel`. */

import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'

import type { CallEvent } from './index.ts'

interface Channels {
  /** Around each action: `start`, `end`, `asyncStart`, `asyncEnd`, `error`, with a `CallEvent`; the last has its `error` too. */
  call: TracingChannel
  /** Each call that was answered, with a whole `CallEvent`. */
  answered: Channel
  /** Each request that was refused: `{ code, status }`. */
  refused: Channel
}

export const CHANNELS: Channels = {
  call: tracingChannel('errand:call'),
  answered: channel('errand:answered'),
  refused: channel('errand:refused'),
}

/** Node 20's tracing channels don't say themselves whether somebody listens. */
export function isHeard(): boolean {
  const { start, end, asyncStart, asyncEnd, error } = CHANNELS.call
  const all = [CHANNELS.answered, start, asyncEnd, error, end, asyncStart]
  return all.some((one) => (one as Channel).hasSubscribers)
}

/**
 * Publishes what Node's own `tracePromise` does, in its order, but not the action's result: that is nobody's business.
 * Stores that are bound to `start` are there for all that `work` does.
 */
export async function traced<T>(event: CallEvent, work: () => Promise<T>): Promise<T> {
  const { start, end, asyncStart, asyncEnd, error } = CHANNELS.call as unknown as Record<string, Channel & { runStores: any }>
  const settled = (): void => {
    asyncStart!.publish(event)
    asyncEnd!.publish(event)
  }
  const running = start!.runStores(event, work) as Promise<T>
  end!.publish(event)
  try {
    const value = await running
    settled()
    return value
  } catch (reason) {
    error!.publish(Object.assign(Object.create(event) as CallEvent, { error: reason }))
    settled()
    throw reason
  }
}
