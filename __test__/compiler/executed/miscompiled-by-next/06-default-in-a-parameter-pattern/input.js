// Next.js 16.4.6: the earlier name of the same pattern is not captured.
export function page({
  id,
  save = async (title) => {
    'use server'
    return [id, title]
  },
}) {
  return save
}
