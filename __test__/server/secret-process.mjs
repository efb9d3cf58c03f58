/** Makes two handlers and tells which key seals: the envelope's version and key id. */

import { bindCaptured, registerCapturing } from 'errand/runtime/server'
import { createHandler } from 'errand/server'

const act = registerCapturing(async () => {}, 'act', 'act')
for (let at = 0; at < 2; at += 1) {
  createHandler({ actions: { act: () => act } })
  const [sealed] = bindCaptured(act, () => [1]).$$bound
  console.log(Buffer.from(sealed, 'base64url').subarray(0, 5).toString('hex'))
}
