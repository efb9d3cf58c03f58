export default function NotFound() {
  return <p id="not-found">nothing here</p>
}
