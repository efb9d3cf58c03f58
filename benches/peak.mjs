/** How much memory this process has taken at most, in bytes. */

import { readFileSync } from 'node:fs'
import process from 'node:process'

/** On Linux `maxRSS` begins with that of the process that started this one. */
export function peak() {
  const ofLinux = process.platform === 'linux' && /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
  return (ofLinux ? Number(ofLinux[1]) : process.resourceUsage().maxRSS) * 1024
}
