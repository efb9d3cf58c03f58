/**
 * How much memory one large file takes: `node benches/memory.mjs <file> [map]` in a fresh process prints by how many
 * bytes the peak of its resident memory grew while it compiled.
 */

import { readFileSync } from 'node:fs'
import process from 'node:process'

import { transformSync } from 'errand'

import { peak } from './peak.mjs'

const [path = '', map] = process.argv.slice(2)
const code = readFileSync(path, 'utf8')
const before = process.memoryUsage.rss()
const { code: compiled, actions } = transformSync(code, { filename: path, target: 'server', sourceMap: map === 'map' })
if (!compiled || actions.length < 1000) throw new Error('it does not compile')
process.stdout.write(`${peak() - before}\n`)
