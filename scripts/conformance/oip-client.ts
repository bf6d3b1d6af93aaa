import { Failed } from './check.ts'

const TIMEOUT_MS = 30_000

/** An answer, read to its end. */
export interface Reply {
  status: number
  headers: Headers
  bytes: Uint8Array<ArrayBuffer>
}

export interface Send {
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array<ArrayBuffer> | string
}

/** How the server is called: paths are those of the protocol, below the base URL. */
export type OipClient = (path: string, send?: Send) => Promise<Reply>

/** A client that shows `key`, where there is one, as a bearer token. */
export function createOipClient(baseUrl: string, key?: string): OipClient {
  const base = baseUrl.replace(/\/(v2\/?)?$/, '')
  return async function callServer(path, { method, headers = {}, body } = {}) {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    const read = async (): Promise<Reply> => {
      const response = await fetch(`${base}${path}`, {
        method: method ?? (bytes === undefined ? 'GET' : 'POST'),
        headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
        ...(bytes === undefined ? {} : { body: bytes }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const { status, headers: told } = response
      return { status, headers: told, bytes: new Uint8Array(await response.arrayBuffer()) }
    }
    // an answer that breaks off is none
    return read().catch((err: unknown) => {
      throw new Failed(`${method ?? ''} ${path} had no answer: ${reasonOf(err)}`)
    })
  }
}

/** An answer's text, however it is meant. */
export function textOf({ bytes }: Reply): string {
  return new TextDecoder().decode(bytes)
}

/** An answer's JSON. Throws Failed when it is none. */
export function jsonOf(reply: Reply): unknown {
  try {
    return JSON.parse(textOf(reply))
  } catch {
    throw new Failed(`expected JSON; came ${reply.status} '${textOf(reply).slice(0, 200)}'`)
  }
}

function reasonOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err)
  return err.cause instanceof Error ? err.cause.message : err.message
}
