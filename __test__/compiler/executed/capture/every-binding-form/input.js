const ofTheModule = 'module'
export function page(parameter, { fromObject, deep: [inArray, ...others], ...rest }, byDefault = parameter + 1, ...all) {
  var aVar = 'var'
  let aLet = 'let'
  const aConst = 'const'
  const { renamed: local = 'renamed' } = {}
  const [, second = 'second'] = []
  return async (own) => {
    'use server'
    return [
      parameter, fromObject, inArray, others, rest, byDefault, all, aVar, aLet, aConst, local, second, own, ofTheModule,
    ]
  }
}
