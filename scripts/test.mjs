/**
 * `npm test`: every part in order, a line for each. The first that fails ends it; its output is printed whole.
 *
 * `npm test -- rust node` runs only those parts; `npm test -- node differential` only test files whose path has that.
 */

import { relative } from 'node:path'
import process from 'node:process'

import { inRoot, ROOT } from './support/root.mjs'
import { plain, run } from './support/run.mjs'
import { filesBelow } from './support/stamp.mjs'
import { cargo } from './support/steps.mjs'

/** Folders whose tests each start a browser and servers: one file at a time. */
const ONE_AT_A_TIME = ['guide', 'express', 'browser', 'checklist']

const TSC = 'node_modules/typescript/bin/tsc'

const asked = process.argv.slice(2).map((word) => word.replaceAll('\\', '/'))

/** @typedef {{ name: string, command: string, args: string[], count?: RegExp }} Part */

const NAMES = ['format', 'lint', 'rust', 'types', 'examples', 'node', 'browser']

/** Parts of a path: they choose among test files, so without a part's name they mean the parts that have some. */
const words = asked.filter((word) => !NAMES.includes(word))

/** @type {Part[]} */
const all = [
  { name: 'format', command: 'cargo', args: ['fmt', '--all', '--check'] },
  { name: 'lint', command: 'cargo', args: ['clippy', '--workspace', '--all-targets', '--', '-D', 'warnings'] },
  { name: 'rust', command: 'cargo', args: ['test', '--workspace'], count: /^test result: ok\. (\d+) passed/ },
  { name: 'types', command: process.execPath, args: [TSC, '-p', '__test__'] },
  { name: 'examples', command: process.execPath, args: [TSC, '-p', 'examples/posts'] },
  { name: 'examples', command: process.execPath, args: [TSC, '-p', '__test__/checklist'] },
  { name: 'node', command: process.execPath, args: nodeTest(testFiles(false), 2), count: /^ℹ pass (\d+)/ },
  { name: 'browser', command: process.execPath, args: nodeTest(testFiles(true), 1), count: /^ℹ pass (\d+)/ },
]

const named = asked.filter((word) => NAMES.includes(word))
const wanted = named.length > 0 ? named : words.length > 0 ? ['node', 'browser'] : NAMES
const parts = all.filter(({ name, args }) => wanted.includes(name) && args.length > 0)
const hasFiles = parts.some(({ name }) => name === 'node' || name === 'browser')

if (parts.length === 0 || (words.length > 0 && !hasFiles)) {
  // Nothing run must not look like everything passed.
  process.stderr.write(`no test file of ${wanted.join(', ')} has ${words.join(' or ')} in its path; parts: ${NAMES.join(', ')}\n`)
  process.exitCode = 1
} else {
  cargo.look() // finds one that PATH has not
  process.exitCode = (await runAll(parts)) ? 0 : 1
}

/** @param {Part[]} parts */
async function runAll(parts) {
  /** @type {string[]} */
  const summary = []
  let failed = false
  for (const { name, command, args, count } of parts) {
    if (failed) {
      summary.push(line('–', name, 'not run'))
      continue
    }
    process.stdout.write(`\ntest  ${name}\n`)
    const { code, output, seconds } = await run(`test  ${name}  `, command, args)
    failed = code !== 0
    const detail = failed ? 'failed' : count ? `${countIn(output, count)} passed` : 'passed'
    if (failed) process.stdout.write(`${process.env.CI ? '' : `${output}\n`}\nto see it alone: npm test -- ${name}\n`)
    else process.stdout.write(`${line('✓', name, detail, seconds)}\n`)
    summary.push(line(failed ? '✗' : '✓', name, detail, seconds))
  }
  process.stdout.write(`\n${summary.join('\n')}\n\n${failed ? 'npm test failed' : 'all passed'}\n`)
  return !failed
}

/** @param {string} mark @param {string} name @param {string} detail @param {number} [seconds] */
function line(mark, name, detail, seconds) {
  return `${mark} ${name.padEnd(9)}${detail.padEnd(14)}${seconds === undefined ? '' : `${seconds.toFixed(1)} s`}`.trimEnd()
}

/** @param {string} output @param {RegExp} count */
function countIn(output, count) {
  return plain(output)
    .split('\n')
    .reduce((sum, text) => sum + Number(count.exec(text)?.[1] ?? 0), 0)
}

/** Node 20's runner takes files, not patterns. @param {boolean} oneAtATime */
function testFiles(oneAtATime) {
  return filesBelow(inRoot('__test__'))
    .map((file) => relative(ROOT, file).replaceAll('\\', '/'))
    .filter((file) => /\.test\.tsx?$/.test(file))
    .filter((file) => ONE_AT_A_TIME.some((folder) => file.startsWith(`__test__/${folder}/`)) === oneAtATime)
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
}

/** @param {string[]} files @param {number} concurrency @returns {string[]} */
function nodeTest(files, concurrency) {
  if (files.length === 0) return []
  return ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files]
}
