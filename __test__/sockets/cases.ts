/** Requests that are slow, cut, too much or malformed, and what a server may do about each. */

import type { HearOptions, Piece } from './raw.ts'

/** Statuses (of several answers: with blanks between them), `closed`, or `cut` where we end it ourselves. */
type Outcomes = (number | string)[]

export interface Case {
  what: string
  pieces: Piece[]
  options?: HearOptions & { isSlow?: boolean }
  expected: Outcomes | { listen: Outcomes; 'node:http': Outcomes }
}

export const HOST = 'host: app.test\r\n'
const CALL = 'errand-action: echo\r\ncontent-type: text/plain\r\n'

/** A well-formed call. */
export function call(id: string, body: string, { target = '/', headers = '' } = {}): string {
  return (
    `POST ${target} HTTP/1.1\r\n${HOST}errand-action: ${id}\r\ncontent-type: text/plain\r\n${headers}` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

const post = (headers: string, body = ''): string => `POST / HTTP/1.1\r\n${HOST}${CALL}${headers}\r\n${body}`
const get = (headers: string): string => `GET / HTTP/1.1\r\n${headers}\r\n`
const chunked = (body: string): string => post('transfer-encoding: chunked\r\n', body)
const END = '0\r\n\r\n'

const BAD: Outcomes = [400, 'closed']
const slow = { isSlow: true }

/** Whether it is slow, cut, or never ends. */
const unhurried: Case[] = [
  { what: 'a head that stops', pieces: ['POST / HTTP/1.1\r\nhost'], options: slow, expected: [408, 'closed'] },
  { what: 'nothing at all', pieces: [], options: slow, expected: [408, 'closed'] },
  { what: 'a body that never begins', pieces: [post('content-length: 10\r\n')], options: slow, expected: [408, 'closed'] },
  { what: 'a body that stops', pieces: [post('content-length: 10\r\n', '["')], options: slow, expected: [408, 'closed'] },
  { what: 'a chunked body that stops', pieces: [chunked('2\r\n["\r\n')], options: slow, expected: [408, 'closed'] },
  {
    what: 'an upload that stops',
    pieces: [
      `POST / HTTP/1.1\r\n${HOST}errand-action: size\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 900000\r\n\r\n--b\r\n`,
    ],
    options: slow,
    expected: [408, 'closed'],
  },
  {
    what: 'a form that stops',
    pieces: [`POST / HTTP/1.1\r\n${HOST}content-type: multipart/form-data; boundary=b\r\ncontent-length: 900000\r\n\r\n--b\r\n`],
    options: slow,
    expected: [408, 'closed'],
  },
  { what: 'a body in many pieces', pieces: [post('content-length: 5\r\n'), 50, '[', 50, '12', 50, '3', 50, ']'], options: slow, expected: [200] },
  { what: 'a head that is cut', pieces: ['POST / HTTP/1.1\r\nhost'], options: { cut: true }, expected: ['cut'] },
  { what: 'a body that is cut', pieces: [post('content-length: 10\r\n', '["')], options: { cut: true }, expected: ['cut'] },
  { what: 'a chunk that is cut', pieces: [chunked('5\r\n["')], options: { cut: true }, expected: ['cut'] },
  { what: 'who leaves before the answer', pieces: [call('echo', '[1]')], options: { cut: true }, expected: ['cut'] },
]

const targets: Case[] = [
  { what: 'an absolute target', pieces: [call('echo', '[1]', { target: 'http://app.test/' })], expected: [200] },
  { what: 'an absolute target without a path', pieces: [call('echo', '[1]', { target: 'http://app.test' })], expected: [200, 400] },
  { what: 'an absolute target of another host', pieces: [call('echo', '[1]', { target: 'http://other.test/' })], expected: [200] },
  { what: 'a target of another scheme', pieces: [get(HOST).replace(' / ', ' ftp://app.test/ ')], expected: [400, 404] },
  { what: 'a target that is none', pieces: [get(HOST).replace(' / ', ' nowhere ')], expected: [400, 404, 'closed'] },
  { what: 'a target with a blank', pieces: [get(HOST).replace(' / ', ' /a b ')], expected: BAD },
  { what: 'a target with a control character', pieces: [get(HOST).replace(' / ', ' /a\x01b ')], expected: BAD },
  { what: 'no target', pieces: [get(HOST).replace(' / ', ' ')], expected: BAD },
  { what: 'the server as a target', pieces: [get(HOST).replace('GET / ', 'OPTIONS * ')], expected: [204, 404] },
  { what: 'an authority as a target', pieces: [get(HOST).replace('GET / ', 'CONNECT app.test:443 ')], expected: [501, 400, 405, 'closed'] },
  { what: 'a target beyond the head', pieces: [get(HOST).replace(' / ', ` /${'a'.repeat(20_000)} `)], expected: [414, 431, 'closed'] },
]

const heads: Case[] = [
  { what: 'no host', pieces: [get('')], expected: [400] },
  { what: 'two hosts', pieces: [get(HOST + HOST)], expected: { listen: [400], 'node:http': [400, 404] } },
  { what: 'an empty host', pieces: [get('host:\r\n')], expected: [404] },
  { what: 'a host with a path', pieces: [get('host: app.test/a\r\n')], expected: { listen: [400], 'node:http': [400, 404] } },
  { what: 'a head at the limit', pieces: [call('echo', '[1]', { headers: `x-large: ${'a'.repeat(15_000)}\r\n` })], expected: [200] },
  { what: 'a head beyond the limit', pieces: [call('echo', '[1]', { headers: `x-large: ${'a'.repeat(17_000)}\r\n` })], expected: [431, 'closed'] },
  { what: 'a head without an end', pieces: [`GET / HTTP/1.1\r\nx: ${'a'.repeat(1_000_000)}`], expected: [431, 'closed'] },
  {
    what: '96 headers',
    pieces: [call('echo', '[1]', { headers: Array.from({ length: 96 }, (_, n) => `x-${n}: 1\r\n`).join('') })],
    expected: [200],
  },
  {
    what: '97 headers more',
    pieces: [call('echo', '[1]', { headers: Array.from({ length: 97 }, (_, n) => `x-${n}: 1\r\n`).join('') })],
    expected: { listen: [431], 'node:http': [200] },
  },
  { what: 'a blank before a colon', pieces: [get(`${HOST}x-a : 1\r\n`)], expected: BAD },
  { what: 'a header in two lines', pieces: [get(`${HOST}x-a: 1\r\n 2\r\n`)], expected: BAD },
  { what: 'a header without a colon', pieces: [get(`${HOST}x-a\r\n`)], expected: BAD },
  { what: 'a header without a name', pieces: [get(`${HOST}: 1\r\n`)], expected: BAD },
  { what: 'a NUL in a value', pieces: [get(`${HOST}x-a: 1\0\r\n`)], expected: BAD },
  { what: 'a carriage return in a value', pieces: [get(`${HOST}x-a: 1\r2\r\n`)], expected: BAD },
  { what: 'lines that end with LF alone', pieces: [get(HOST).replaceAll('\r', '')], expected: [400, 404, 'closed'] },
  { what: 'no version', pieces: ['GET /\r\n\r\n'], expected: { listen: BAD, 'node:http': [404, ...BAD] } },
  { what: 'a version that nobody has', pieces: [get(HOST).replace('1.1', '9.9')], expected: [400, 505, 'closed'] },
  { what: 'a method in lower case', pieces: [get(HOST).replace('GET', 'post')], expected: [400, 404, 'closed'] },
  { what: 'a version before', pieces: [call('echo', '[1]').replace('HTTP/1.1', 'HTTP/1.0')], expected: [200] },
  { what: 'a greeting of TLS', pieces: [new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...Array<number>(500).fill(7)])], expected: BAD },
  { what: 'noise', pieces: [new Uint8Array(2_000).map((_, at) => at * 37)], expected: BAD },
  { what: 'empty lines before', pieces: [`\r\n\r\n${call('echo', '[1]')}`], expected: [200] },
  { what: 'an upgrade', pieces: [get(`${HOST}connection: upgrade\r\nupgrade: websocket\r\n`)], expected: [404, 'closed'] },
  { what: 'the beginning of HTTP/2, and no more', pieces: ['PRI * HTTP/2.0\r\n\r\nSM'], options: slow, expected: [400, 408, 'closed'] },
]

const lengths: Case[] = [
  ...['-1', '+3', 'abc', '0x3', '3.0', '3 3', '3, 4', '99999999999999999999999', ''].map((length) => ({
    what: `a length of '${length}'`,
    pieces: [post(`content-length: ${length}\r\n`, '[1]')],
    expected: [400, 413, 'closed'],
  })),
  { what: 'two lengths that differ', pieces: [post('content-length: 3\r\ncontent-length: 4\r\n', '[1] ')], expected: BAD },
  { what: 'one length twice', pieces: [post('content-length: 3\r\ncontent-length: 3\r\n', '[1]')], expected: [200, 400] },
  { what: 'no length and no body', pieces: [post('')], expected: [400] },
  { what: 'a length beyond the limit', pieces: [post('content-length: 65537\r\n')], expected: [413] },
  { what: 'more than the length', pieces: [call('echo', '[1]'), 'more\r\n\r\n'], options: { until: () => false }, expected: ['200 400', '200', 400] }, // which is first, is chance
  { what: 'a length and chunks', pieces: [post('content-length: 3\r\ntransfer-encoding: chunked\r\n', `3\r\n[1]\r\n${END}`)], options: { until: () => false }, expected: [200, 400] },
  { what: 'chunks and a length', pieces: [post('transfer-encoding: chunked\r\ncontent-length: 3\r\n', `3\r\n[1]\r\n${END}`)], options: { until: () => false }, expected: [200, 400] },
  {
    what: 'a length, chunks, and a request hidden behind them',
    pieces: [post('content-length: 6\r\ntransfer-encoding: chunked\r\n', `${END}${get(HOST)}`)],
    options: { until: () => false },
    expected: [400],
  },
]

const codings: Case[] = [
  ...['identity', 'gzip', 'chunked, identity', 'xchunked', 'chunked\x0b', '"chunked"'].map((coding) => ({
    what: `a coding of ${JSON.stringify(coding)}`,
    pieces: [post(`transfer-encoding: ${coding}\r\n`, `3\r\n[1]\r\n${END}`)],
    options: slow,
    expected: [400, 408, 501, 'closed'],
  })),
  { what: 'chunks in HTTP/1.0', pieces: [chunked(`3\r\n[1]\r\n${END}`).replace('HTTP/1.1', 'HTTP/1.0')], expected: [200, 400, 'closed'] },
  { what: 'chunks', pieces: [chunked(`1\r\n[\r\n2\r\n1]\r\n${END}`)], expected: [200] },
  { what: 'a chunk with an extension', pieces: [chunked(`3;a=b\r\n[1]\r\n${END}`)], expected: [200] },
  { what: 'chunks with a trailer', pieces: [chunked('3\r\n[1]\r\n0\r\nx-a: 1\r\n\r\n')], expected: [200] },
  ...['zz', '-3', '+3', '0x3', ' 3', 'ffffffffffffffffff', '3 3', ''].map((size) => ({
    what: `a chunk of '${size}'`,
    pieces: [chunked(`${size}\r\n[1]\r\n${END}`)],
    options: slow,
    expected: [400, 413, 'closed'],
  })),
  { what: 'a chunk without its end', pieces: [chunked(`3\r\n[1]${END}`)], expected: BAD },
  { what: 'a chunk that is longer than it says', pieces: [chunked(`2\r\n[1]\r\n${END}`)], expected: BAD },
  { what: 'an extension beyond reason', pieces: [chunked(`3;${'a'.repeat(100_000)}\r\n[1]\r\n${END}`)], expected: [400, 413, 431, 'closed'] },
  { what: 'trailers beyond reason', pieces: [chunked(`3\r\n[1]\r\n0\r\nx-a: ${'a'.repeat(100_000)}\r\n\r\n`)], expected: [400, 413, 431, 'closed'] },
  { what: 'chunks beyond the limit', pieces: [chunked(`10001\r\n${'1'.repeat(0x10001)}\r\n`)], expected: [413] },
]

const expectations: Case[] = [
  { what: 'an expectation', pieces: [post('expect: 100-continue\r\ncontent-length: 3\r\n'), 50, '[1]'], options: { until: (text) => / 200 [^]*\r\n\r\n0/.test(text) }, expected: ['100 200'] },
  { what: 'an expectation of what is refused', pieces: [post('expect: 100-continue\r\ncontent-length: 65537\r\n')], options: { until: (text) => text.includes('}') }, expected: { listen: [413], 'node:http': [413, '100 413'] } },
  { what: 'an expectation that nobody knows', pieces: [post('expect: more\r\ncontent-length: 3\r\n', '[1]')], expected: [200, 417] },
]

export const cases: Case[] = [...unhurried, ...targets, ...heads, ...lengths, ...codings, ...expectations]
