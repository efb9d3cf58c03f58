/** The posts, in a SQLite file: `POSTS_DB`, or `posts.db` in the working directory. */

import Database from 'libsql'

export interface Post {
  id: number
  title: string
  content: string
  /** Seconds since the epoch. */
  written: number
}

const db = open(process.env.POSTS_DB ?? 'posts.db')

export function allPosts(): Post[] {
  return db.prepare('SELECT * FROM posts ORDER BY id DESC').all() as Post[]
}

export function latestPosts(count: number): Post[] {
  return db.prepare('SELECT * FROM posts ORDER BY id DESC LIMIT ?').all(count) as Post[]
}

export function findPost(id: number): Post | undefined {
  return db.prepare('SELECT * FROM posts WHERE id = ?').get(id) as Post | undefined
}

export function hasTitle(title: string): boolean {
  return db.prepare('SELECT 1 FROM posts WHERE lower(title) = lower(?)').get(title) !== undefined
}

export function addPost(title: string, content: string): Post {
  const written = Math.floor(Date.now() / 1000)
  return db.prepare('INSERT INTO posts (title, content, written) VALUES (?, ?, ?) RETURNING *').get(title, content, written) as Post
}

export function removePost(id: number): void {
  db.prepare('DELETE FROM posts WHERE id = ?').run(id)
}

export function countLikes(): number {
  return (db.prepare('SELECT count FROM likes').get() as { count: number }).count
}

export function addLike(): number {
  return (db.prepare('UPDATE likes SET count = count + 1 RETURNING count').get() as { count: number }).count
}

function open(path: string): InstanceType<typeof Database> {
  const db = new Database(path)
  db.pragma('journal_mode = WAL')
  db.exec(`
    CREATE TABLE IF NOT EXISTS posts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      title TEXT NOT NULL,
      content TEXT NOT NULL,
      written INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS likes (count INTEGER NOT NULL);
    INSERT INTO likes SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM likes);
  `)
  seed(db)
  return db
}

/** A first visitor finds something to read. */
function seed(db: InstanceType<typeof Database>): void {
  if (db.prepare('SELECT 1 FROM posts').get()) return
  const insert = db.prepare('INSERT INTO posts (title, content, written) VALUES (?, ?, ?)')
  const now = Math.floor(Date.now() / 1000)
  const DAY = 86_400
  insert.run(
    'Letters that wait',
    'A cache is a drawer of letters that are already written. The art is not in writing them fast, it is in knowing ' +
      'which ones are no longer true.\n\nHere each letter carries the names of what it depends on. Say one of the ' +
      'names aloud, and every letter that mentions it is out of date at once, however many there are.',
    now - 3 * DAY,
  )
  insert.run(
    'Forms were right all along',
    'Long before there were bundlers, a form knew where to go and a server knew what to answer. Nothing on this page ' +
      'needs JavaScript: turn it off and write a post. Turn it on again, and the same form stops reloading the page.',
    now - 2 * DAY,
  )
  insert.run(
    'A function with an address',
    'Mark a function with “use server” and it gets an address. The browser holds the address, never the function; ' +
      'what it remembers from the page around it travels sealed, and comes back unread or not at all.',
    now - DAY,
  )
}
