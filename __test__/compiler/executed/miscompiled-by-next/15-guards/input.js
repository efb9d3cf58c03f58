// Next.js 16.4.6: the guarded path is read while rendering, and throws there.
export function page(user, id, settings) {
  return async () => {
    'use server'
    const name = user?.profile ? user.profile.name : null
    const deep = id && settings.deep.value
    const called = user?.list?.map((it) => it.toUpperCase())
    return [name, deep, called]
  }
}
