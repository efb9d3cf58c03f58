export const dynamic = 'force-dynamic'

export default async function BrokenPage() {
  await Promise.reject(new Error('the page’s reason, which only the server may know'))
  return null
}
