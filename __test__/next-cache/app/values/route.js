import { headers } from 'next/headers'

import { cached, fetched } from '../data'

/** `f` is read after `uc`: a test counts on it. */
export async function GET() {
  await headers() // not while the app is built
  return Response.json({ uc: await cached(), f: await fetched() })
}
