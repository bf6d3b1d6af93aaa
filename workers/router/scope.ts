import { z } from 'zod'

/** What an API key is good for. `register`: a node's own deployments; `metrics`: to read `/metrics`; `admin` may all of it, but infer. */
export const Scope = z.enum(['infer', 'register', 'metrics', 'admin'])
export type Scope = z.infer<typeof Scope>
