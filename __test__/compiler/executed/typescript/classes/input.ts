abstract class Base {
  protected static prefix = 'base'
  public static describe(): string {
    return this.prefix
  }
}
export function page(id: number) {
  return class Posts extends Base {
    declare static readonly kind: string
    public static override prefix: string = 'posts'
    public static async load<T>(this: void, a: T): Promise<unknown> {
      'use server'
      return [id, a, Base.describe()]
    }
    static readonly save = async (a?: number): Promise<unknown> => {
      'use server'
      return [id, a!]
    }
    constructor(private readonly own: number) {
      super()
    }
    get() {
      return this.own
    }
  }
}
