// Next.js 16.4.6: names of elements are not captured.
export function page(kind) {
  const Tag = kind
  const ui = { Title: 'h1', deep: { Text: 'p' } }
  return async () => {
    'use server'
    const { type, props } = (
      <Tag>
        <ui.Title />
        <ui.deep.Text />
      </Tag>
    )
    return [type, ...props.children.map((child) => child.type)]
  }
}
