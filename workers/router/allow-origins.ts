import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { z } from 'zod'

import { INFERENCE_HEADER, TOKENS_HEADER } from '#shared/protocol.ts'

import type { RouterApp } from './env.ts'

/** Whole origins only: part of a name would let in whoever registers a longer one. */
const Origin = z.string().refine((text) => text === '*' || isOrigin(text), {
  error: 'must be `*` or an origin like https://app.example',
})

/** Comma-separated. */
const AllowedOrigins = z
  .string()
  .transform((list) => list.split(',').map((origin) => origin.trim()))
  .pipe(z.array(Origin))

/** Headers of our answers that a page may read, besides the few that it always may. */
const TOLD = [
  'mesh-model',
  'mesh-node',
  'mesh-route',
  'mesh-search',
  'server-timing',
  'x-request-id',
  'x-should-retry',
  'retry-after',
  'retry-after-ms',
  'etag',
  'age',
  'cache-status',
  TOKENS_HEADER,
  INFERENCE_HEADER,
]
const PREFLIGHT_SECONDS = 7_200 // the longest that Chromium keeps one

/**
 * What hono does for an origin that may ask. Which headers it sends is its own affair, and hono allows those
 * that are asked for: official clients send a dozen of their own, and none has a meaning beyond the key's rights.
 */
const allow = cors({
  origin: (origin) => origin,
  allowMethods: ['GET', 'HEAD', 'POST'],
  exposeHeaders: TOLD,
  maxAge: PREFLIGHT_SECONDS,
})

/**
 * Lets the pages of ALLOWED_ORIGINS call the mesh from a browser; none when it isn't set. Who may ask is
 * decided by the key alone, as for everybody: no cookie is read or allowed.
 */
export const allowOrigins: MiddlewareHandler<RouterApp> = async function allowOrigin(c, next) {
  const { ALLOWED_ORIGINS: setting = '' } = c.env
  if (setting === '') return next()
  const origin = c.req.header('origin')
  if (origin !== undefined && isAllowed(origin, setting)) return allow(c, next)
  await next()
  // a cache must not give what one origin was answered to another
  c.res.headers.append('vary', 'Origin')
}

function isAllowed(origin: string, setting: string): boolean {
  const allowed = AllowedOrigins.parse(setting)
  return allowed.includes(origin) || allowed.includes('*')
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}
