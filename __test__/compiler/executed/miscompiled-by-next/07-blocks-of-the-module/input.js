// Next.js 16.4.6: neither captured nor visible where the function was moved to.
export const found = []
{
  const inBlock = 'block'
  async function declared() {
    'use server'
    return inBlock
  }
  found.push(declared)
}
if (found.length === 1) {
  let inIf = 'if'
  found.push(async () => {
    'use server'
    return inIf
  })
}
for (const inFor of ['for', 'of']) {
  found.push(async () => {
    'use server'
    return inFor
  })
}
switch (found.length) {
  case 4:
    const inSwitch = 'switch'
    found.push(async () => {
      'use server'
      return inSwitch
    })
}
