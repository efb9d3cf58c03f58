'use server'

const kept = async () => 'nobody can call this'
export type Nothing = typeof kept
