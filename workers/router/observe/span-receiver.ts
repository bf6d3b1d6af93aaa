import { log } from '#shared/log.ts'
import { parseHeaders, type Receiver } from '#shared/otlp/receiver.ts'
import { MESH_VERSION } from '#shared/protocol.ts'

import type { TraceSettings, TransportSecrets } from '../env.ts'
import { checkPublicUrl } from '../public-url.ts'

/** Receivers behind a vendor's gateway have a path of their own. */
const BASE_PATH = {
  pattern: /^(\/[\w.~-]+)*\/?$/,
  rule: 'its path may hold letters, digits and -._~ only, and no query',
}

type Settings = TraceSettings & Pick<TransportSecrets, 'ENVIRONMENT'>

interface Known {
  endpoint: string
  headers: string | undefined
  receiver: Receiver | undefined
}

/** Settings stay the same for as long as an isolate lives; they are checked once. */
let known: Known | undefined

/** Where this router's spans go, if anywhere. Settings that are wrong are logged, and nothing is sent: no request suffers. */
export function spanReceiver(env: Settings): Receiver | undefined {
  const { OTLP_ENDPOINT: endpoint, OTLP_HEADERS: headers } = env
  if (endpoint === undefined || endpoint === '') return undefined
  if (known?.endpoint !== endpoint || known.headers !== headers) {
    known = { endpoint, headers, receiver: readSettings(endpoint, headers, env) }
  }
  return known.receiver
}

function readSettings(
  endpoint: string,
  headers: string | undefined,
  env: Settings,
): Receiver | undefined {
  try {
    const base = checkPublicUrl(endpoint, env, BASE_PATH).href.replace(/\/$/, '')
    return {
      url: `${base}/v1/traces`,
      headers: parseHeaders(headers ?? ''),
      resource: { 'service.name': 'capillary-router', 'service.version': MESH_VERSION },
    }
  } catch (err) {
    log.error('otlp_settings_refused', { message: err instanceof Error ? err.message : 'invalid' })
    return undefined
  }
}
