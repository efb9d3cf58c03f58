import process from 'node:process'

/** Ends the command: what is wrong, and what to do about it. */
export function fail(message: string, help: string): never {
  process.stderr.write(`errand: ${message}\n        ${help}\n`)
  process.exit(1)
}
