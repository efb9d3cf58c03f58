'use server'

export default async function (a) {
  return ['anonymous', a]
}
