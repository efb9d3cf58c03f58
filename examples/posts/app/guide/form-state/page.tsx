import { Guide, Source, Try } from '@/app/ui/guide'
import actions from './actions.ts?raw'
import form from './title-form.tsx?raw'
import { TitleForm } from './title-form'

export default function FormStatePage() {
  return (
    <Guide slug="form-state">
      <Try>
        <TitleForm />
      </Try>
      <Source file="app/guide/form-state/title-form.tsx" code={form} />
      <Source file="app/guide/form-state/actions.ts" code={actions} />
    </Guide>
  )
}
