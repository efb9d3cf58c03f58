export const load = () => import('./broken.js')
