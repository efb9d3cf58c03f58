import { cacheTag } from 'errand/cache'

export const runs: string[] = []
const ran = (name: string): number => runs.push(name)

export async function declared() {
  'use cache'
  cacheTag('every-form')
  return ran('declared')
}
export const arrow = async () => {
  'use cache: remote'
  cacheTag('every-form')
  return ran('arrow')
}
export const expression = async function named() {
  'use cache'
  return ran('expression')
}
export default async function () {
  'use cache'
  return ran('default')
}
export const object = {
  async method() {
    'use cache'
    return ran('method')
  },
}
export class Posts {
  static async all() {
    'use cache'
    return ran('static')
  }
}
