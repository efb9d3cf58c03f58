'use client'

import type { ReactNode } from 'react'
import { useFormStatus } from 'react-dom'

import { LoadingSpinner } from './loading-spinner'

/** A form's button that shows that the form is on its way. */
export function SubmitButton({ children, className }: { children: ReactNode; className?: string }) {
  const { pending } = useFormStatus()
  return (
    <button type="submit" className={className} disabled={pending}>
      {pending ? <LoadingSpinner /> : null}
      {children}
    </button>
  )
}
