/** `errand/rsc`: types for the files of an `app/` folder. The host itself is composed by `errand/vite` with `rsc: true`. */

export type { HostOptions } from './modules.ts'
export type { ErrorProps, LayoutProps, Metadata, PageProps, Params, SearchParams } from './types.ts'
