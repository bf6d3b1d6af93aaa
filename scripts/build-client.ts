/** `npm run build:client`: client/dist, and what it weighs. */
import { buildClient } from './client/build-client.ts'
import { clientSize } from './client/client-size.ts'

await buildClient()
console.log(`client/dist: ${await clientSize()} bytes minified and compressed with gzip`)
