import { rawSockets } from './suite.ts'

rawSockets('listen')
