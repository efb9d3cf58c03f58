import { samples } from './samples'

export const metadata = { title: 'Guide' }

export default function GuidePage() {
  return (
    <>
      <div className="title">
        <h1>How to update data</h1>
      </div>
      <p className="lead">Each sample of the documentation, as it is written there, running.</p>
      <ol className="steps">
        {samples.map(({ slug, title, summary }) => (
          <li key={slug}>
            <a href={`/guide/${slug}`}>
              <strong>{title}</strong>
              <span>{summary}</span>
            </a>
          </li>
        ))}
      </ol>
    </>
  )
}
