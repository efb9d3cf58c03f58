'use server'

import { helper as save } from './helper.js'

export { save, save as keep }
