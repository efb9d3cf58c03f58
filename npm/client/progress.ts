/** `errand/client/progress`: how much of a call was sent, which `fetch` can't tell. */

import type { ClientOptions } from './configure.ts'

/**
 * A `fetch` for calls that tells how many bytes have left, and how many there are in all.
 *
 * ```ts
 * await upload.with({ fetch: withProgress((sent, total) => (bar.value = sent / total)) })(formData)
 * ```
 *
 * The answer comes in one piece: what a result streams arrives when it is complete.
 */
export function withProgress(onProgress: (sentBytes: number, totalBytes: number) => void): NonNullable<ClientOptions['fetch']> {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      const stop = (): void => request.abort()
      request.open(method ?? 'GET', url)
      new Headers(headers).forEach((value, name) => request.setRequestHeader(name, value))
      request.responseType = 'arraybuffer'
      request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total)
      request.onload = () => resolve(responseOf(request))
      request.onerror = () => reject(new TypeError('The request failed'))
      request.onabort = () => reject(signal?.reason)
      request.onloadend = () => signal?.removeEventListener('abort', stop)
      signal?.addEventListener('abort', stop)
      request.send(body as XMLHttpRequestBodyInit | null) // calls send texts and forms
      if (signal?.aborted) stop()
    })
}

function responseOf(request: XMLHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split(/[\r\n]+/)
  const headers = lines.map((line): [string, string] => {
    const end = line.indexOf(':')
    return [line.slice(0, end), line.slice(end + 1).trim()]
  })
  const response = new Response(request.response as ArrayBuffer, { status: request.status, headers })
  return Object.defineProperty(response, 'url', { value: request.responseURL })
}
