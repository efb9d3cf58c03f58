export async function save(id: number): Promise<string> {
  return `saved ${id}`
}
export const remove = async (id: number): Promise<string> => `removed ${id}`
