const path = require('node:path')
const express = require('express')
const { createHandler } = require('errand/server') // + errand
const routes = require('./routes.js')
const { session } = require('./session.js')

const app = express()

const errand = createHandler({ actions: path.join(__dirname, 'client/errand.json') }) // + errand
const { MOUNT = 'before' } = process.env // both places work; the tests try both

app.use(session)
if (MOUNT === 'before') app.use(errand.node) // + errand
app.use(express.json())
app.use(express.urlencoded())
app.use('/api', routes)
if (MOUNT === 'after') app.use(errand.node)
app.use(express.static(path.join(__dirname, 'client/dist')))

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on http://localhost:${server.address().port}`)
})
