/** Server Components: our entries on `@vitejs/plugin-rsc`, so that an app needs no framework file of its own. */

import type { Plugin, PluginOption } from 'vite'

const ENTRIES = {
  rsc: 'errand/rsc/entry.rsc',
  ssr: 'errand/rsc/entry.ssr',
  client: 'errand/rsc/entry.browser',
}

/**
 * Vite's Server Components graph, and React's fast refresh if it is installed.
 *
 * Our own transform runs before: `"use server"` is compiled and gone when `@vitejs/plugin-rsc` looks, so it never
 * makes references of its own.
 */
export async function serverComponents(): Promise<PluginOption[]> {
  const { default: rsc } = await import('@vitejs/plugin-rsc').catch((cause: unknown) => {
    throw Object.assign(
      new Error('`rsc: true` needs @vitejs/plugin-rsc, react and react-dom: npm install @vitejs/plugin-rsc react react-dom', { cause }),
      { code: 'errand::missing-package' },
    )
  })
  return [rsc({ entries: ENTRIES }), await fastRefresh(), onlyOneOfEach()]
}

async function fastRefresh(): Promise<PluginOption> {
  const react = await import('@vitejs/plugin-react').catch(() => null) // a convenience of development
  return react?.default()
}

/** Twice the same plugin gives errors that nobody understands. */
function onlyOneOfEach(): Plugin {
  return {
    name: 'errand:only-one-of-each',
    configResolved({ plugins }) {
      for (const [name, owner] of [['rsc:minimal', '@vitejs/plugin-rsc'], ['vite:react-refresh', '@vitejs/plugin-react']]) {
        if (plugins.filter((plugin) => plugin.name === name).length > 1) {
          throw Object.assign(new Error(`errand({ rsc: true }) brings ${owner}: take it out of \`plugins\``), {
            code: 'errand::plugin-twice',
          })
        }
      }
    },
  }
}
