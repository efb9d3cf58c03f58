export namespace Posts {
  export const early = [save, load]
  export async function save() {
    'use server'
    return early.length
  }
  async function load() {
    'use server'
    return 'load'
  }
}
