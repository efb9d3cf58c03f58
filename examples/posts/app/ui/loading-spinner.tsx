export function LoadingSpinner() {
  return (
    <span className="spinner" role="status">
      <span className="visually-hidden">Loading</span>
    </span>
  )
}
