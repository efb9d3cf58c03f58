// Next.js 16.4.6: the default is evaluated before the captured values are there.
export function page(id, prefix) {
  return async (title = `${prefix} ${id}`, { size = prefix.length, all = [title, id] } = {}) => {
    'use server'
    return { title, size, all }
  }
}
