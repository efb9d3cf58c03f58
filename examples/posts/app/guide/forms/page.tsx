import actions from '@/app/actions.ts?raw'
import { Form } from '@/app/ui/form'
import form from '@/app/ui/form.tsx?raw'
import { Guide, Source, Try } from '@/app/ui/guide'
import { Newest } from '@/app/ui/newest'

export default function FormsPage() {
  return (
    <Guide slug="forms">
      <Source file="app/ui/form.tsx" code={form} />
      <Source file="app/actions.ts" code={actions} />
      <Try>
        <Form />
        <Newest />
      </Try>
    </Guide>
  )
}
