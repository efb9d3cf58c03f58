/** The examples of `docs/diagnostics.md` do what the page says. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import { transformSync } from 'errand'

const page = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8')

interface Section {
  code: string
  severity: string
  examples: { language: string; code: string }[]
}

const sections: Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    code: text.slice(0, text.indexOf('\n')),
    severity: /^(Error|Warning)\./m.exec(text)?.[1]?.toLowerCase() ?? '',
    examples: [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language = '', code = '']) => ({ language, code })),
  }))

const diagnose = ({ language, code }: { language: string; code: string }): string[] =>
  transformSync(code, { filename: `example.${language}`, target: 'server' }).diagnostics.map(
    ({ severity, code }) => `${severity} ${code}`,
  )

test('the page has sections', () => assert.ok(sections.length > 10))

for (const { code, severity, examples } of sections.filter(({ examples }) => examples.length > 0)) {
  describe(code, () => {
    const [bad, good] = examples
    test('the first example gives it', () => assert.deepEqual(diagnose(bad!), [`${severity} ${code}`]))
    test('the second gives nothing', () => assert.deepEqual(diagnose(good!), []))
  })
}
