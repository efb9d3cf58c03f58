export let counter = 10
export const add = () => {
  counter += 10
}
