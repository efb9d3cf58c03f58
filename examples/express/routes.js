// The REST routes that the app had before, and still has.

const { Router } = require('express')
const { messages } = require('./guestbook.js')
const { signIn } = require('./session.js')

const routes = Router()

routes.get('/messages', (req, res) => {
  res.json(messages)
})

routes.get('/me', (req, res) => {
  res.json(req.user)
})

routes.post('/session', (req, res) => {
  const name = String(req.body?.name ?? '').trim()
  if (!name) return res.status(422).json({ error: 'Who are you?' })
  signIn(res, name)
  res.status(201).json({ name })
})

module.exports = routes
