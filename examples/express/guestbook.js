// The data: in memory, so that the example needs nothing else.

const messages = []
const sessions = new Map()

let lastId = 0

function addMessage(author, text) {
  const message = { id: ++lastId, author, text, likes: 0, at: new Date() }
  messages.unshift(message)
  return message
}

function findMessage(id) {
  return messages.find((message) => message.id === id)
}

function removeMessage(id) {
  messages.splice(messages.indexOf(findMessage(id)), 1)
}

addMessage('Ada', 'The engine might compose elaborate pieces of music.')
addMessage('Grace', 'It is easier to ask forgiveness than it is to get permission.')

module.exports = { messages, sessions, addMessage, findMessage, removeMessage }
