'use server'

export async function createPost(formData: FormData) {}

export async function deletePost(formData: FormData) {}
