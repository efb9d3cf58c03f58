'use cache'

export const PAGE_SIZE = 20
let runs = 0
export async function declared(page: number) {
  return `${page}/${PAGE_SIZE} ${(runs += 1)}`
}
export const short = async (page: number) => plain(page)
export default async () => (runs += 1)
async function plain(page: number) {
  runs += 1
  return `plain ${page} ${runs}`
}
export { plain as listed }
