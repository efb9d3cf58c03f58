import { Suspense } from 'react'

import { Button } from '@/app/ui/button'
import button from '@/app/ui/button.tsx?raw'
import { Guide, Source, Try } from '@/app/ui/guide'
import { LoadingSpinner } from '@/app/ui/loading-spinner'
import { Newest } from '@/app/ui/newest'

export default function PendingPage() {
  return (
    <Guide slug="pending">
      <Source file="app/ui/button.tsx" code={button} />
      <Try>
        {/* Called outside of a transition, React 19 waits for the new state instead of setting `pending`. */}
        <Suspense
          fallback={
            <button disabled>
              <LoadingSpinner />
            </button>
          }
        >
          <Button />
        </Suspense>
        <Newest />
      </Try>
    </Guide>
  )
}
