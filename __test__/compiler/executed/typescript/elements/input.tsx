interface Props<T> {
  items: T[]
  Row: (props: { item: T; remove: () => Promise<unknown> }) => unknown
}

export function List<T extends { id: number }>({ items, Row }: Props<T>) {
  const rows = items.map((item) => (
    <Row
      item={item}
      remove={async () => {
        'use server'
        return item.id as number
      }}
    />
  ))
  return rows
}
