#!/usr/bin/env node
// Next.js 16.4.6: its leading comment pushes the first line down, where it is a syntax error.
export function page(id) {
  return async () => {
    'use server'
    return id
  }
}
