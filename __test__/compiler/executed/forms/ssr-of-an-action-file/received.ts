export const received: unknown[] = ((globalThis as { received?: unknown[] }).received ??= [])
