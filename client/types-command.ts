#!/usr/bin/env node
/** `capillary-types <url> [--key <key>] > mesh.ts`: the types of a mesh's capabilities, from its own /openapi.json. */
import { parseArgs } from 'node:util'

import { generateTypes } from './generate-types.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { key: { type: 'string' } },
})
const [url] = positionals
if (url === undefined) {
  console.error('usage: capillary-types <url of the mesh> [--key <API key>] > mesh.ts')
  process.exit(2)
}
const response = await fetch(`${url.replace(/\/+$/, '')}/openapi.json`, {
  headers: values.key === undefined ? {} : { authorization: `Bearer ${values.key}` },
})
if (!response.ok) {
  console.error(`${url} answered ${response.status}: ${await response.text()}`)
  process.exit(1)
}
process.stdout.write(generateTypes(await response.json()))
