import { cacheLife, cacheTag } from 'next/cache'

import { fromBackend } from '../data'

export default async function Page() {
  'use cache'
  cacheTag('isr')
  cacheLife('hours')
  return <p id="isr">{process.env.NEXT_PHASE === 'phase-production-build' ? 'built' : await fromBackend('isr')}</p>
}
