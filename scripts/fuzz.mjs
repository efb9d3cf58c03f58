/**
 * `npm run fuzz -- compiler --minutes 10`: each fuzz target of a crate in turn, led by what its inputs reach.
 *
 * `npm run fuzz -- compiler modules` runs one target, `--random` doesn't look at what is reached (no second build of
 * everything, no C++ compiler). A target is a test `fuzz_<name>` in a crate's `tests/fuzz.rs`. An input that breaks it
 * is kept in `tests/__fuzz__/<name>/crashes`, where `cargo test` runs it from then on; what was learned about inputs
 * that don't is kept in `target/fuzz`.
 */

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

import { inRoot } from './support/root.mjs'
import { fail, mustRun, outputOf, StepFailed } from './support/run.mjs'
import { cargo } from './support/steps.mjs'

/** What tells the fuzzer which branches an input took; all of it is stable Rust. */
const WITH_COVERAGE = [
  '--cfg=fuzzing',
  '--cfg=fuzzing_libfuzzer',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
]

/** Longer, and an input counts as a hang. */
const MOST_SECONDS = 10
const MOST_BYTES = 1024

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '10' }, random: { type: 'boolean', default: false } },
})
const [crate, ...wanted] = positionals

await main().catch(fail)

async function main() {
  const targets = targetsOf(crate).filter((name) => wanted.length === 0 || wanted.includes(name))
  const seconds = Math.round((Number(values.minutes) * 60) / targets.length)
  if (!(seconds > 0)) throw new StepFailed(`nothing to do: the targets of ${crate} are ${targetsOf(crate).join(', ')}`)
  cargo.look() // finds one that PATH has not
  const binary = await build()
  for (const name of targets) {
    process.stdout.write(`\nfuzz  ${crate} ${name}, ${seconds} s\n`)
    const code = await runTarget(binary, name, seconds)
    if (code !== 0) throw new StepFailed(`${crate} ${name} failed; to see it again: cargo test -p ${crate} --test fuzz ${name}`)
  }
}

/** @param {string | undefined} crate @returns {string[]} */
function targetsOf(crate = '') {
  const file = inRoot('crates', crate, 'tests', 'fuzz.rs')
  if (crate === '' || !existsSync(file)) throw new StepFailed('which crate? One with a tests/fuzz.rs: npm run fuzz -- compiler')
  return [...readFileSync(file, 'utf8').matchAll(/^fn fuzz_(\w+)/gm)].map(([, name = '']) => name)
}

/** The test program with the targets in it. */
async function build() {
  const env = values.random ? {} : { RUSTFLAGS: WITH_COVERAGE.join(' ') }
  // With a target named, the flags are not for what runs while it is built.
  const [, host = ''] = /^host: (.+)$/m.exec(outputOf('rustc', ['-vV']) ?? '') ?? []
  const where = values.random ? [] : ['--target-dir', inRoot('target', 'fuzz'), '--target', host]
  const args = ['test', '-p', String(crate), '--test', 'fuzz', '--no-run', '--message-format=json', ...where]
  const { output } = await mustRun('fuzz  build  ', 'cargo', args, { env })
  const [, binary] = /"executable":("[^"]+")/.exec(output) ?? []
  if (!binary) throw new StepFailed('cargo built no test program')
  return JSON.parse(binary)
}

/** @param {string} binary @param {string} name @param {number} seconds @returns {Promise<number>} */
function runTarget(binary, name, seconds) {
  const folder = inRoot('crates', String(crate), 'tests', '__fuzz__', name)
  const learned = inRoot('target', 'fuzz', 'corpus', String(crate), name)
  for (const path of [join(folder, 'corpus'), join(folder, 'crashes'), learned]) mkdirSync(path, { recursive: true })
  // The fuzzer takes its arguments apart at spaces: paths have to be relative.
  const libfuzzer = [
    relative(folder, learned), 'corpus', '-artifact_prefix=crashes/', `-max_total_time=${seconds}`,
    `-timeout=${MOST_SECONDS}`, `-max_len=${MOST_BYTES}`, '-len_control=0', '-print_final_stats=1',
  ]
  const env = values.random
    ? { BOLERO_RANDOM_TEST_TIME_MS: String(seconds * 1000), BOLERO_RANDOM_ITERATIONS: String(2 ** 48) }
    : { BOLERO_LIBFUZZER_ARGS: libfuzzer.join(' ') }
  const args = [`fuzz_${name}`, '--exact', '--nocapture', '--test-threads=1']
  const child = spawn(binary, args, { cwd: folder, env: { ...process.env, RUST_BACKTRACE: '0', ...env }, stdio: 'inherit' })
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code ?? 1)))
}
