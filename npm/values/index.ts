export { ErrandError } from './error.ts'
export { isServerReference, SERVER_REFERENCE, type ServerReferenceFields } from './kinds.ts'
export { lower, lowerGraph, type Lowered } from './lower.ts'
export { Revival, revive, type ReviveSource } from './revive.ts'
