#!/usr/bin/env node
/** The `errand` command. */

import { defineCommand, runMain } from 'citty'

import { listActions } from './actions.ts'
import { start } from './start.ts'

const build = {
  type: 'string',
  default: 'dist',
  description: 'the folder that `vite build` wrote',
} as const

await runMain(
  defineCommand({
    meta: { name: 'errand', description: 'Server Functions for any Node server' },
    subCommands: {
      start: defineCommand({
        meta: { name: 'start', description: 'Serve what `vite build` made with `rsc: true` (PORT, default 3000; HOST)' },
        args: { build },
        run: ({ args }) => start(args.build),
      }),
      actions: defineCommand({
        meta: { name: 'actions', description: 'List every endpoint of a build' },
        args: { build, manifest: { type: 'string', description: 'the manifest, if it is not in the build' } },
        run: ({ args }) => listActions(args.build, args.manifest),
      }),
    },
  }),
)
