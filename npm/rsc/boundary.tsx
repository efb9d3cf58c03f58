'use client'

/** Boundaries around the parts of a page: what is shown when a part throws. */

import { Component, type ComponentType, type ReactNode, startTransition, useContext, useEffect } from 'react'

import { navigationOf } from './navigation-of.ts'
import { RouterContext } from './router-context.ts'
import { fromServer } from './server-error.ts'
import type { ErrorProps } from './types.ts'

interface Caught {
  error: (Error & { digest?: string }) | null
  /** The children that threw: new ones from the server get a new chance. */
  children: ReactNode
}

interface Props {
  children?: ReactNode
}

abstract class Boundary<P extends Props> extends Component<P, Caught> {
  override state: Caught = { error: null, children: this.props.children }

  static getDerivedStateFromProps(props: Props, state: Caught): Caught | null {
    return props.children === state.children ? null : { error: null, children: props.children }
  }
}

interface ErrorBoundaryProps extends Props {
  fallback: ComponentType<ErrorProps>
  /** An error that the server has met already: the fallback is all that there is. */
  error?: { message: string; digest: string }
}

/** Shows a folder's `error.tsx`. Control flow (`notFound()`, `redirect()`) passes through. */
export class ErrorBoundary extends Boundary<ErrorBoundaryProps> {
  static getDerivedStateFromError(error: Error): Partial<Caught> {
    if (navigationOf(error)) throw error
    return { error: fromServer(error) as Error }
  }

  override render(): ReactNode {
    const { fallback, error: given, children } = this.props
    const error = this.state.error ?? (given ? Object.assign(new Error(given.message), { digest: given.digest }) : null)
    return error ? <Fallback fallback={fallback} error={error} /> : children
  }
}

function Fallback({ fallback: Fallback, error }: { fallback: ComponentType<ErrorProps>; error: Error }): ReactNode {
  const router = useContext(RouterContext)
  return <Fallback error={error} reset={() => startTransition(() => router.refresh())} />
}

interface NotFoundBoundaryProps extends Props {
  notFound: ReactNode
}

/** Shows a folder's `not-found.tsx` for `notFound()`, `forbidden()` and `unauthorized()`. */
export class NotFoundBoundary extends Boundary<NotFoundBoundaryProps> {
  static getDerivedStateFromError(error: Error): Partial<Caught> {
    const navigation = navigationOf(error)
    if (!navigation || 'redirect' in navigation) throw error
    return { error }
  }

  override render(): ReactNode {
    const { notFound, children } = this.props
    return this.state.error ? (
      <>
        <meta name="robots" content="noindex" />
        {notFound}
      </>
    ) : (
      children
    )
  }
}

/** Follows a `redirect()` that was thrown while a page rendered and the answer had begun. */
export class RedirectBoundary extends Boundary<Props> {
  static getDerivedStateFromError(error: Error): Partial<Caught> {
    const navigation = navigationOf(error)
    if (!navigation || !('redirect' in navigation)) throw error
    return { error }
  }

  override render(): ReactNode {
    const navigation = navigationOf(this.state.error)
    return navigation && 'redirect' in navigation ? <Redirect to={navigation.redirect} /> : this.props.children
  }
}

function Redirect({ to }: { to: string }): null {
  const router = useContext(RouterContext)
  useEffect(() => router.replace(to), [router, to])
  return null
}
