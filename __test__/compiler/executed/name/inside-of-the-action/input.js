export function page(id) {
  const save = async () => {
    'use server'
    return save.name
  }
  async function load() {
    'use server'
    return [load.name, id]
  }
  return { save, load }
}
