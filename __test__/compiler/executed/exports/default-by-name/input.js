'use server'

import { wrap } from './wrap.js'

const save = wrap(async (a) => ['wrapped', a])
export default save
