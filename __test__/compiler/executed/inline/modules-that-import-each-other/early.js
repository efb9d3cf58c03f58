import { save } from './input.js'

// When this runs, the module that imports it has not: but its functions are there.
export const early = [save]
