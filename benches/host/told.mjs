/** Loaded into each server: it tells what it used when asked, and ends with whoever started it. */

import process from 'node:process'

process.on('message', (asked) => {
  if (asked !== 'used') return
  const { user, system } = process.cpuUsage()
  process.send({ peakBytes: process.resourceUsage().maxRSS * 1024, cpuMs: (user + system) / 1000 })
})
process.on('disconnect', () => process.exit())
