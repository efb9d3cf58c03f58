import LikeButton from '@/app/like-button'
import button from '@/app/like-button.tsx?raw'
import { countLikes } from '@/app/lib/db'
import { Guide, Source, Try } from '@/app/ui/guide'

export default function EventHandlersPage() {
  return (
    <Guide slug="event-handlers">
      <Source file="app/like-button.tsx" code={button} />
      <Try>
        <LikeButton initialLikes={countLikes()} />
      </Try>
      <p className="note">An event handler is JavaScript of the browser: without it there is nothing that could run.</p>
    </Guide>
  )
}
