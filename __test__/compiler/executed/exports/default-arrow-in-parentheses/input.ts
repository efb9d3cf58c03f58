'use server'

export default ((async (a: number) => a + 1) satisfies (a: number) => Promise<number>)
