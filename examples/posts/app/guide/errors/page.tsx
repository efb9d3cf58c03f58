import { Guide, Source, Try } from '@/app/ui/guide'
import { SubmitButton } from '@/app/ui/submit-button'
import errorPage from '@/app/error.tsx?raw'
import { fail } from './actions'

export default function ErrorsPage() {
  return (
    <Guide slug="errors">
      <Try>
        <form action={fail}>
          <SubmitButton className="quiet danger">Call a function that throws</SubmitButton>
          <a className="button quiet" href="/guide/errors/broken">
            Open a page that throws
          </a>
          <a className="button quiet" href="/guide/nowhere">
            Open a page that is not there
          </a>
        </form>
      </Try>
      <Source file="app/error.tsx" code={errorPage} />
    </Guide>
  )
}
