export function page(id) {
  return async (form) => {
    'use server'
    const file = form.get('file')
    return [id, form.get('title'), file.name, await file.text()]
  }
}
