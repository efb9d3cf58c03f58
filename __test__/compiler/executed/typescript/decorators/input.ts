const seen: string[] = []
function logged(name: string) {
  return (..._decorated: unknown[]): void => void seen.push(name)
}

@logged('class')
class Posts {
  @logged('method')
  title() {
    return 'title'
  }
  @logged('field')
  private size: number = 3
  static make(id: number) {
    return async (a: number) => {
      'use server'
      return [id, a, new Posts().title(), new Posts().size, seen]
    }
  }
}
export const make = Posts.make
