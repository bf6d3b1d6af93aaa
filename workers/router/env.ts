import type { D1Database, RateLimit } from '@cloudflare/workers-types'

import type { Trace } from '#shared/trace.ts'

import type { IsolateState } from './isolate-state.ts'
import type { ApiKey } from './registry/snapshot.ts'

export interface RegistryBindings {
  DB: D1Database
}

export interface AuthSecrets {
  /** The first admin key, so that an empty registry can be filled. */
  ADMIN_KEY?: string
}

export interface TransportSecrets {
  /** Ed25519 private key as JWK JSON; signs calls over `http`. */
  SIGNING_KEY?: string
  /** Bearer tokens by origin, a JSON object `{"https://host": "token"}`: for other people's servers that ask for one. */
  NODE_TOKENS?: string
  /** `development` allows http targets on loopback. */
  ENVIRONMENT?: string
}

export interface RateLimits {
  /** Counts the inferences of each key; without it they aren't limited. */
  RATE_LIMITER?: RateLimit
  /** What the binding is configured with, as the header `ratelimit-policy` has it: `q=<requests>;w=<seconds>`. */
  RATE_LIMIT_POLICY?: string
}

export interface BrowserSettings {
  /** Origins whose pages may call the mesh, separated by commas; `*` for all. None when it isn't set. */
  ALLOWED_ORIGINS?: string
}

export interface SearchSettings {
  /** The capability whose embeddings search compares; the first of the task feature-extraction when absent. */
  SEARCH_CAPABILITY?: string
}

export interface CardSettings {
  /** Whether models must pass the examples of their cards: `required`, `lenient` by default, or `off` (verify/card-policy.ts). */
  VERIFICATION?: string
  /** For how many seconds a measurement counts; a week by default. */
  MEASUREMENTS_LAST_S?: string
  /** Signs cards: an Ed25519 private key as JWK JSON, or a JWK set whose first key signs while the others are still published. */
  CARD_SIGNING_KEY?: string
}

export interface TraceSettings {
  /** Where spans go: base URL of a receiver of OTLP over HTTP, as `https://otlp.example.com`. None are made when it isn't set. */
  OTLP_ENDPOINT?: string
  /** Headers the receiver wants, as `name=value,name=value`. */
  OTLP_HEADERS?: string
}

export interface ProbeSettings {
  /** Questions that the cron trigger puts to nodes in one run; 40 by default, which any plan allows. 0 for none. */
  PROBES_PER_RUN?: string
}

/** Service bindings are found by name at run time, so their names aren't part of the type. */
export type RouterBindings = RegistryBindings &
  AuthSecrets &
  TransportSecrets &
  BrowserSettings &
  RateLimits &
  SearchSettings &
  CardSettings &
  ProbeSettings &
  TraceSettings

export interface RouterVariables extends IsolateState {
  trace: Trace
  requestId: string
  key: ApiKey
  /**
   * Headers of the answer, whoever will give it; `identify` sets them. hono keeps those that come before the answer in
   * a Headers of their own, and workerd frees each entry of one in the pause of a major collection.
   */
  told: Map<string, string>
}

export interface RouterApp {
  Bindings: RouterBindings
  Variables: RouterVariables
}
