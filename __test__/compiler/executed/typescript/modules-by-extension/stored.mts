'use server'

export type Stored = [string, string]
export const stored = async (id: number): Promise<string> => `stored ${id}`
