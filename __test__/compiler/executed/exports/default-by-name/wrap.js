export const wrap = (action) => async (...args) => [...(await action(...args)), 'and more']
