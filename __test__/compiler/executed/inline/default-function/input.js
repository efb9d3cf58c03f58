export default async function () {
  'use server'
  return ['anonymous', helper()]
}
function helper() {
  return 'helper'
}
