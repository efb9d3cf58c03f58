export function page(id, list) {
  const first = async () => {
    'use server'
    return ['first', id]
  }
  ;[1].forEach((it) => list.push(it))
  const second = 1
  async function declared() {
    'use server'
    return ['declared', id]
  }
  (() => list.push(second + 1))()
  let third = async () => {
    'use server'
    return ['third', id]
  }
  `${list.push(3)}`
  return [first, declared, third]
}
