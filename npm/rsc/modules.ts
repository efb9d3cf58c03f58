/** The user's files: the `app/` folder, and the host's options. Vite reads the patterns from its own root, wherever this file lies. */

import type { HandlerOptions } from 'errand/server'
import type { ComponentType } from 'react'

import './ambient.ts'
import { rootFolder, toRoutes, type Folder, type Route } from './routes.ts'
import type { Metadata, PageProps } from './types.ts'

/** What any of these files may export; which of it means something depends on the file. */
export interface AppModule {
  // What its props are depends on the file, too.
  default: ComponentType<any>
  metadata?: Metadata
  generateMetadata?: (props: PageProps) => Metadata | Promise<Metadata>
  /** Seconds for which a page's response may be shown again. */
  revalidate?: number | false
  /** Cache tags of a page. */
  tags?: string[]
  dynamic?: 'auto' | 'force-dynamic'
}

const files: Record<string, () => Promise<AppModule>> = import.meta.glob<AppModule>(
  '/app/**/{page,layout,not-found,error,loading}.{tsx,ts,jsx,js}',
)

export const routes: Route<AppModule>[] = toRoutes(files)
export const root: Folder<AppModule> = rootFolder(files)

const options = import.meta.glob<{ default: HostOptions }>('/errand.server.{ts,js,mts,mjs}', { eager: true })

/** What `errand.server.ts` in the project's folder exports by default. */
export type HostOptions = Omit<HandlerOptions, 'actions' | 'render' | 'renderer'>

export const hostOptions: HostOptions = Object.values(options)[0]?.default ?? {}
