import { action } from 'errand/server'

const text = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (typeof value === 'string' ? { value: value.trim() } : { issues: [{ message: 'no text', path: [{ key: 'text' }] }] }),
  },
}

const trim = action({ input: text }, async (value) => {
  'use server'
  return `[${value}]`
})

export const whole = () => trim

export function page(id) {
  const save = action({ limit: 400, concurrency: 1 }, async (value) => {
    'use server'
    return [id, value]
  })
  return { save, bound: action({ limit: 2 ** 10 }, async (a, b) => {
    'use server'
    return a + b
  }).bind(null, 1) }
}
