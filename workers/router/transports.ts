import type { Deployment } from './registry/snapshot.ts'
import type { Transport } from './transport.ts'
import { binding } from './transports/binding.ts'
import { http } from './transports/http.ts'
import { oip } from './transports/oip.ts'

/** How a deployment is reached, by the name the registry has for it. */
export const transports: Readonly<Record<Deployment['transport'], Transport>> = {
  binding,
  http,
  oip,
}
