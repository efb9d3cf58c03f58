'use server'

export async function createPost() {}
