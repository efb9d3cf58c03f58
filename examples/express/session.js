// Who is asking: a cookie names a session, a session has a user.

const { randomUUID } = require('node:crypto')
const { sessions } = require('./guestbook.js')

function userOf(sessionId) {
  return sessions.get(sessionId) ?? null
}

function session(req, res, next) {
  const [, id] = /(?:^|;\s*)session=([^;]*)/.exec(req.headers.cookie ?? '') ?? []
  req.user = userOf(id)
  next()
}

function signIn(res, name) {
  const id = randomUUID()
  sessions.set(id, { name })
  res.cookie('session', id, { httpOnly: true, sameSite: 'lax' })
}

module.exports = { session, signIn, userOf }
