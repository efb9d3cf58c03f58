export function page(label, key, property, post, tag) {
  const plain = async (it) => {
    'use server'
    label: for (;;) {
      break label
    }
    return { key: 1, property() {}, get post() { return it.tag } }.key
  }
  const using = async () => {
    'use server'
    return { label, [key]: 1, property: property.property, typeof: typeof post, tag: tag`x` }
  }
  return { plain, using }
}
