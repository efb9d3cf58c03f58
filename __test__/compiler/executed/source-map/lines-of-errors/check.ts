import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, outside } }) => {
  const { failing, after } = page('id')
  assert.deepEqual(await placeOf(() => failing('reason')), ['12', '11'])
  assert.deepEqual(await placeOf(after), ['14', '49'])
  assert.equal((await placeOf(outside))[0], '19')

  /** Line and column in the input, by Node's own reading of the map. */
  async function placeOf(run: () => unknown): Promise<string[]> {
    const error: Error = await Promise.resolve().then(run).then(() => assert.fail('it does not throw'), (it) => it)
    return /input\.ts:(\d+):(\d+)/.exec(error.stack ?? '')?.slice(1) ?? []
  }
}
