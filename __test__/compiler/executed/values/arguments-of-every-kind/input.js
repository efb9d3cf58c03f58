export function page(id) {
  return async (...all) => {
    'use server'
    return [id, all.map((it) => Object.prototype.toString.call(it)), all]
  }
}
