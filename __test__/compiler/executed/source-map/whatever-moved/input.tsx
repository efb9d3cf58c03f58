// Each throws its own line and column, wherever its text went.
type Fail = (at: string) => never

export function page(fail: Fail, id: number) {
  const [first] = [hoisted]
  class Posts {
    static early = [this.late]
    static async late<T>(why: T): Promise<T> {
      'use server'
      return fail(`${why} 10:14`)
    }
  }
  const object = {
    async method(a = fail('method 14:22')): Promise<unknown> { 'use server'; return a },
    arrow: async () => { 'use server'; await null; return [<b key={id}>{fail('arrow 15:73')}</b>] },
  }
  return { first: first!, late: Posts.early[0]!, ...object, here: () => fail('here 17:73') }

  async function hoisted() {
    'use server'
    const inner = async () => {
      'use server'
      return [id, fail('inner 23:19')]
    }
    return inner()
  }
}
