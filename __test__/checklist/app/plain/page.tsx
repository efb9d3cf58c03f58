export default function Page() {
  return (
    <form method="post" action="/plain">
      <input name="a" defaultValue="b" />
      <button>post</button>
    </form>
  )
}
