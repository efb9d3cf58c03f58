/**
 * Types for `next/cache`, `next/navigation` and `next/headers` where Next.js isn't installed: the plugin resolves them
 * to Errand's own. `"types": ["errand/next"]` in `tsconfig.json`.
 */

declare module 'next/cache' {
  export * from 'errand/cache'
}

declare module 'next/navigation' {
  export * from 'errand/rsc/navigation'
}

declare module 'next/headers' {
  export * from 'errand/headers'
}
