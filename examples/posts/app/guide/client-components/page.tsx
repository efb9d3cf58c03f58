import { Guide, Source, Try } from '@/app/ui/guide'
import { Newest } from '@/app/ui/newest'
import { SubmitButton } from '@/app/ui/submit-button'
import { createPost as doNothing } from './actions'
import actions from './actions.ts?raw'
import { Button } from './ui/button'
import button from './ui/button.tsx?raw'

export default function ClientComponentsPage() {
  return (
    <Guide slug="client-components">
      <Source file="app/actions.ts, as the documentation begins it" code={actions} />
      <Source file="app/ui/button.tsx" code={button} />
      <Try>
        <form>
          <input type="text" name="title" aria-label="Title" placeholder="Title" />
          <Button />
        </form>
        <Newest />
      </Try>
      <p>A function may also be empty, as the first file has it. Nothing happens, on the server:</p>
      <Try>
        <form action={doNothing}>
          <SubmitButton className="quiet">Call the empty function</SubmitButton>
        </form>
      </Try>
    </Guide>
  )
}
