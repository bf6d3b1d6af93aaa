import { availableParallelism } from 'node:os'
import { join } from 'node:path'

import { z } from 'zod'

const REPOSITORY = join(import.meta.dirname, '..', '..')

/** The native node's settings, from its environment. Unset ones have a sensible default. */
export const Config = z
  .object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(8788),
    /** The node's id: what the router's signature must name and `mesh-node` shows. */
    NODE_ID: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .default('native'),
    /** Comma-separated model ids; empty means every folder. */
    MODELS: z.string().default(''),
    MODELS_DIR: z.string().default(join(REPOSITORY, 'workers', 'models')),
    ARTEFACTS_DIR: z.string().default(join(REPOSITORY, '.mesh', 'models')),
    /** The router's public key as JWK JSON. Required unless the node listens on loopback only. */
    ROUTER_PUBLIC_KEY: z.string().optional(),
    /** What Prometheus shows for `/metrics`, as its `bearer_token`. Required unless the node listens on loopback only. */
    METRICS_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{16,256}$/, 'must be 16 to 256 printable characters')
      .optional(),
    /** The router that this node registers itself with; somebody else registers it when it isn't set. */
    ROUTER_URL: z.url({ protocol: /^https?$/ }).optional(),
    /** For that: an API key of the scope register. */
    REGISTER_KEY: z
      .string()
      .regex(/^[\w-]{16,128}$/)
      .optional(),
    /** Where the router reaches this node; required unless it listens on loopback only. */
    PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
    /** A node that is gone takes no more requests after so long. */
    LEASE_SECONDS: z.coerce.number().int().min(10).max(86_400).default(60),
    /** Inferences at once. */
    CONCURRENCY: z.coerce.number().int().min(1).max(256).default(availableParallelism()),
    /** Requests that may wait for their turn; one more is answered 429. */
    QUEUE: z.coerce.number().int().min(0).max(10_000).default(128),
    /** Where spans go: base URL of a receiver of OTLP over HTTP. None are made when it isn't set. */
    OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
    /** Headers the receiver wants, as `name=value,name=value`. */
    OTLP_HEADERS: z.string().default(''),
    /** `1`: stop when standard input ends, that is with the process that started this one. */
    STOP_WITH_STDIN: z.enum(['0', '1']).default('0'),
  })
  .transform((env) => ({
    host: env.HOST,
    port: env.PORT,
    nodeId: env.NODE_ID,
    modelIds: env.MODELS.split(',').flatMap((id) => id.trim() || []),
    modelsDir: env.MODELS_DIR,
    artefactsDir: env.ARTEFACTS_DIR,
    routerPublicKey: env.ROUTER_PUBLIC_KEY,
    metricsToken: env.METRICS_TOKEN,
    routerUrl: env.ROUTER_URL,
    registerKey: env.REGISTER_KEY,
    publicUrl: env.PUBLIC_URL,
    leaseSeconds: env.LEASE_SECONDS,
    concurrency: env.CONCURRENCY,
    queue: env.QUEUE,
    otlpEndpoint: env.OTLP_ENDPOINT,
    otlpHeaders: env.OTLP_HEADERS,
    stopWithStdin: env.STOP_WITH_STDIN === '1',
  }))
export type Config = z.infer<typeof Config>

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** Throws an Error that lists what is wrong with the environment. */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const parsed = Config.safeParse(env)
  if (!parsed.success)
    throw new Error(`the environment is not valid:\n${z.prettifyError(parsed.error)}`)
  const { host, routerPublicKey, metricsToken, routerUrl, registerKey, publicUrl } = parsed.data
  if (!LOOPBACK.has(host)) {
    if (routerPublicKey === undefined) {
      throw exposed(host, 'ROUTER_PUBLIC_KEY so that only the router is answered')
    }
    if (metricsToken === undefined) {
      throw exposed(host, 'METRICS_TOKEN so that only you read its metrics')
    }
  }
  if ((routerUrl === undefined) !== (registerKey === undefined)) {
    throw new Error('ROUTER_URL and REGISTER_KEY go together: a node registers itself with both')
  }
  if (routerUrl === undefined) return parsed.data
  const { protocol, hostname } = new URL(routerUrl)
  if (protocol !== 'https:' && !LOOPBACK.has(hostname)) {
    throw new Error(`ROUTER_URL is ${routerUrl}: REGISTER_KEY goes over https only`)
  }
  if (!LOOPBACK.has(host) && publicUrl === undefined) {
    throw new Error(`HOST is ${host}: set PUBLIC_URL to where the router reaches this node`)
  }
  return parsed.data
}

function exposed(host: string, what: string): Error {
  return new Error(`HOST is ${host}, which others can reach: set ${what}`)
}
