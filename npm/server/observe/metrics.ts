/** Counters, and how Prometheus reads them (text format 0.0.4). */

import type { CacheStats } from '../../../index.d.ts'
import type { CallEvent } from './index.ts'

/** Upper bounds of the histogram's buckets, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

class Histogram {
  readonly counts: number[] = BUCKETS.map(() => 0)
  sum = 0
  count = 0

  add(seconds: number): void {
    this.sum += seconds
    this.count += 1
    const at = BUCKETS.findIndex((bound) => seconds <= bound)
    if (at !== -1) this.counts[at]! += 1
  }
}

type Labels = Record<string, string>

export class Metrics {
  /** Only these become labels: what strangers invent must not fill the memory. */
  readonly #ids: Set<string>
  readonly #calls: Map<string, { labels: Labels; count: number }> = new Map()
  readonly #durations: Map<string, { labels: Labels; histogram: Histogram }> = new Map()
  readonly #refused: Map<string, number> = new Map()
  #running = 0
  #received = 0
  #sent = 0

  constructor(ids: Iterable<string>) {
    this.#ids = new Set(ids)
  }

  began(): void {
    this.#running += 1
  }

  ended({ id, name, kind, outcome = 'ok', totalTime, bytesReceived, bytesSent }: CallEvent): void {
    this.#running -= 1
    this.#received += bytesReceived ?? 0
    this.#sent += bytesSent ?? 0
    if (!this.#ids.has(id)) return
    const labels = { action: name || id, id }
    const key = `${id} ${kind} ${outcome}`
    const calls = this.#calls.get(key) ?? { labels: { ...labels, kind, outcome }, count: 0 }
    calls.count += 1
    this.#calls.set(key, calls)
    const duration = this.#durations.get(id) ?? { labels, histogram: new Histogram() }
    duration.histogram.add(totalTime / 1000)
    this.#durations.set(id, duration)
  }

  refused(code: string): void {
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
  }

  text(cache: CacheStats): string {
    const out: string[] = []
    const family = (name: string, type: string, help: string, samples: [Labels, number, string?][]): void => {
      out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      for (const [labels, value, suffix = ''] of samples) out.push(`${name}${suffix}${labelled(labels)} ${value}`)
    }
    family('errand_calls_total', 'counter', 'Calls that were answered.', [...this.#calls.values()].map(({ labels, count }) => [labels, count]))
    family('errand_call_duration_seconds', 'histogram', 'From the request to the last byte of the answer.', [...this.#durations.values()].flatMap(buckets))
    family('errand_calls_running', 'gauge', 'Calls that are not answered yet.', [[{}, this.#running]])
    family('errand_refused_total', 'counter', 'Requests that were refused.', [...this.#refused].map(([code, count]) => [{ code }, count]))
    family('errand_received_bytes_total', 'counter', 'Declared bytes of the bodies of calls.', [[{}, this.#received]])
    family('errand_sent_bytes_total', 'counter', 'Bytes of answers that were whole.', [[{}, this.#sent]])
    family('errand_cache_reads_total', 'counter', 'Reads of the cache.', [
      [{ found: 'fresh' }, cache.hits],
      [{ found: 'stale' }, cache.staleHits],
      [{ found: 'nothing' }, cache.misses],
    ])
    family('errand_cache_fills_total', 'counter', 'Values stored.', [[{}, cache.fills]])
    family('errand_cache_failures_total', 'counter', 'Fills that failed.', [[{}, cache.failures]])
    family('errand_cache_evictions_total', 'counter', 'Entries dropped to make room.', [[{}, cache.evictions]])
    family('errand_cache_entries', 'gauge', 'Entries now.', [[{}, cache.entries]])
    family('errand_cache_bytes', 'gauge', 'Bytes of the entries.', [[{}, cache.bytes]])
    return `${out.join('\n')}\n`
  }
}

function buckets({ labels, histogram }: { labels: Labels; histogram: Histogram }): [Labels, number, string][] {
  let sum = 0
  const each = BUCKETS.map((bound, at): [Labels, number, string] => {
    sum += histogram.counts[at]!
    return [{ ...labels, le: String(bound) }, sum, '_bucket']
  })
  return [...each, [{ ...labels, le: '+Inf' }, histogram.count, '_bucket'], [labels, histogram.sum, '_sum'], [labels, histogram.count, '_count']]
}

function labelled(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return all.length === 0 ? '' : `{${all.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}
