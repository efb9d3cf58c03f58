/** The demo holds every sample of the documentation, line by line, in the file that the documentation names. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { samples } from './samples.ts'

for (const { title, file, movedTo = file, code, placeholders = {} } of samples) {
  test(`${movedTo} holds the sample: ${title}`, () => {
    const lines = linesOf(readFileSync(new URL(`../../examples/posts/${movedTo}`, import.meta.url), 'utf8'))
    let from = 0
    for (const line of linesOf(code)) {
      const placeholder = placeholders[line]
      const at = lines.findIndex((it, index) => index >= from && (placeholder ? placeholder.test(it) : it === line))
      assert.notEqual(at, -1, `'${line}' is missing, or not in its order`)
      from = at + 1
    }
  })
}

/** Without indentation and empty lines: the demo may wrap a sample's lines in others. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean)
}
