import { startTransition, useActionState, useEffect, useState } from 'react'

import { like, remove, sign, statistics } from './actions.js'

export function App() {
  const [user, setUser] = useState(null)
  const [messages, setMessages] = useState([])
  const [error, setError] = useState(null)

  const reload = async () => setMessages(await (await fetch('/api/messages')).json())

  useEffect(() => {
    reload()
    fetch('/api/me').then((response) => response.json()).then(setUser)
  }, [])

  /** Runs an action for a click; what it throws is shown. */
  const run = (action) => () =>
    startTransition(async () => {
      try {
        await action()
        startTransition(() => setError(null))
      } catch (problem) {
        startTransition(() => setError(problem.message))
      }
      await reload()
    })

  return (
    <main>
      <header>
        <h1>Guestbook</h1>
        {user ? <p>Signed in as <b>{user.name}</b></p> : <SignIn onDone={setUser} />}
      </header>

      <Sign onDone={reload} onError={setError} />
      {error && <p role="alert" className="error">{error}</p>}

      <ul className="messages">
        {messages.map(({ id, author, text, likes }) => (
          <li key={id}>
            <p>{text}</p>
            <footer>
              <span>{author}</span>
              <button onClick={run(() => like(id))} aria-label={`Like the message of ${author}`}>♥ {likes}</button>
              <button onClick={run(() => remove(id))} aria-label={`Remove the message of ${author}`}>Remove</button>
            </footer>
          </li>
        ))}
      </ul>

      <Statistics />
    </main>
  )
}

/** The app had this before: a plain REST call. */
function SignIn({ onDone }) {
  const submit = async (event) => {
    event.preventDefault()
    const name = new FormData(event.target).get('name')
    const headers = { 'content-type': 'application/json' }
    const response = await fetch('/api/session', { method: 'POST', headers, body: JSON.stringify({ name }) })
    if (response.ok) onDone(await response.json())
  }
  return (
    <form className="row" onSubmit={submit}>
      <input name="name" placeholder="Your name" aria-label="Your name" required />
      <button>Sign in</button>
    </form>
  )
}

/** The server function is the form's action; React knows when it is pending. */
function Sign({ onDone, onError }) {
  const [state, action, isPending] = useActionState(async (previous, formData) => {
    try {
      const next = await sign(previous, formData)
      onError(null)
      onDone()
      return next
    } catch (problem) {
      onError(problem.message)
      return previous
    }
  }, {})
  return (
    <form className="row" action={action}>
      <input name="text" placeholder="Leave a message" aria-label="Message" disabled={isPending} />
      <button disabled={isPending}>{isPending ? 'Signing…' : 'Sign'}</button>
      {state.error && <p className="error">{state.error}</p>}
      {state.message && <p className="note">Signed at {state.message.at.toLocaleTimeString()}.</p>}
    </form>
  )
}

function Statistics() {
  const [result, setResult] = useState(null)
  return (
    <section>
      <button onClick={async () => setResult(await statistics())}>Statistics</button>
      {result && (
        <dl>
          <div>
            <dt>Counted at</dt>
            <dd><time dateTime={result.at.toISOString()}>{result.at.toLocaleTimeString()}</time></dd>
          </div>
          {[...result.perAuthor].map(([author, count]) => (
            <div key={author}><dt>{author}</dt><dd>{count}</dd></div>
          ))}
        </dl>
      )}
    </section>
  )
}
