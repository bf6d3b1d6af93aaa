import { MeshError } from '#shared/mesh-error.ts'

import type { TransportSecrets } from './env.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * IPv4 ranges that are no public host (RFC 6890): this, private, shared, loopback, link-local (where
 * clouds keep their metadata), benchmarking, multicast and reserved.
 */
const PRIVATE_IPV4 =
  /^(0|10|127|22[4-9]|2[345]\d|169\.254|192\.168|192\.0\.[02]|198\.1[89]|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|172\.(1[6-9]|2\d|3[01]))\./

/** Names that resolve inside a network only: reserved ones (RFC 6761, 6762, 8375), and those that are used for it. */
const NOT_PUBLIC =
  /\.(localhost|local|internal|intranet|private|home|lan|corp|localdomain|svc|home\.arpa)$/

/** What the path of a target must be, and the sentence that says so. */
export interface PathRule {
  pattern: RegExp
  rule: string
}

const HOST_ONLY: PathRule = {
  pattern: /^\/$/,
  rule: 'it must end at the host: no path, query or fragment',
}

/**
 * The URL of a node the router may call: https, a name or a public IPv4 address, no credentials, and no
 * path unless `path` says which; in development also http on loopback. URL has already turned decimal, octal and short forms of IPv4
 * into dotted ones. IPv6 literals are refused whole: a node behind one has a name.
 */
export function checkPublicUrl(
  target: string,
  { ENVIRONMENT }: TransportSecrets,
  { pattern, rule }: PathRule = HOST_ONLY,
): URL {
  const url = URL.canParse(target) ? new URL(target) : undefined
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refused(target, 'it must be an https URL')
  }
  if (url.username !== '' || url.password !== '')
    throw refused('(hidden)', 'it must hold no credentials')
  // an empty query or fragment shows only in the whole
  if (/[?#]/.test(url.href) || !pattern.test(url.pathname)) throw refused(target, rule)
  const host = url.hostname.toLowerCase().replace(/\.+$/, '')
  if (LOOPBACK.test(host)) {
    if (ENVIRONMENT === 'development') return url
    throw refused(target, 'loopback is for development only')
  }
  if (url.protocol !== 'https:') throw refused(target, 'it must be https')
  if (host.startsWith('[')) throw refused(target, 'it must be a host name, not an IPv6 address')
  if (PRIVATE_IPV4.test(`${host}.`) && /^[\d.]+$/.test(host))
    throw refused(target, 'the address is not public')
  const labels = host.split('.')
  if (labels.includes('')) throw refused(target, 'the name has an empty label')
  if (labels.length === 1 || NOT_PUBLIC.test(host)) {
    throw refused(target, 'the name is not public')
  }
  return url
}

function refused(target: string, why: string): MeshError {
  return new MeshError('invalid_request', `target '${target.slice(0, 200)}' is refused: ${why}`)
}
