/** One instance for pages and actions: what one changes the other sees. */
export const state = { count: 0, totals: 0, isBroken: false, log: [] as string[] }
