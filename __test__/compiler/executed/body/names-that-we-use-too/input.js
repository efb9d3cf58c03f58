const $$errand_bind = 'mine'
const $$errand_body_0 = 'mine too'
export const $$errand_action_0 = 'exported'
export function page($$errand_register) {
  return async ($$errand_registerCapturing) => {
    'use server'
    return [$$errand_bind, $$errand_body_0, $$errand_action_0, $$errand_register, $$errand_registerCapturing]
  }
}
