export function stamp(title: string, by: number): string {
  return `${title} ${by}`
}
