import { rawSockets } from './suite.ts'

rawSockets('node:http')
