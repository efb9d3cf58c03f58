/** The suite, in every host that the documentation names. */

import { fetchHosts } from './fetch-hosts.ts'
import { nodeHosts } from './node-hosts.ts'
import { suite } from './suite.ts'

for (const host of [...nodeHosts, ...fetchHosts]) suite(host)
