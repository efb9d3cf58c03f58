export default function Page() {
  return <h1>other</h1>
}
