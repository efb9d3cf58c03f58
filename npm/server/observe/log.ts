/** One line for each call, for who develops. */

import process from 'node:process'
import { styleText } from 'node:util'

import type { CallEvent } from './index.ts'

type Style = Parameters<typeof styleText>[0]

/** `POST /posts createPost 12 ms 200 redirect · 1.2 kB in · 0.3 kB out` */
export function logLine(event: CallEvent): string {
  const { path, name, id, totalTime, status = 0, outcome = 'ok', kind, bytesReceived, bytesSent } = event
  const what = styled('bold', printable(name || id))
  const state = styled(status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green', String(status))
  const said = outcome === 'ok' ? '' : ` ${outcome}`
  const sizes = [
    kind === 'form' ? 'form' : '',
    bytesReceived === undefined ? '' : `${size(bytesReceived)} in`,
    bytesSent === undefined ? '' : `${size(bytesSent)} out`,
  ].filter(Boolean)
  return `POST ${printable(path)} ${what} ${totalTime.toFixed(0)} ms ${state}${said}${sizes.map((it) => ` · ${it}`).join('')}`
}

function styled(style: Style, text: string): string {
  const isWanted = process.stdout.isTTY && !process.env['NO_COLOR']
  return isWanted ? styleText(style, text) : text
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** Text from outside, short and without control characters. */
function printable(text: string): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\uFFFD')
  return safe.length > 100 ? `${safe.slice(0, 100)}…` : safe
}
