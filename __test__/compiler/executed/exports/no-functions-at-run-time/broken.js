'use server'

const config = JSON.parse('{ "limit": 5 }')
export const limit = config.limit
