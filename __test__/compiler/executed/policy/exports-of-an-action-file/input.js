'use server'
import { action } from 'errand/server'

const positive = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (value > 0 ? { value: value * 10 } : { issues: [{ message: 'not positive' }] }),
  },
}

export const scale = action({ input: positive, timeout: '5s' }, async (n) => n)
export const short = action({ limit: 40, concurrency: 2 }, async function shorten(text) {
  return text.length
})
export default action({ files: { count: 1 } }, async (form) => [...form.keys()])
