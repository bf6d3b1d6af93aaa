import { setTimeout } from 'node:timers/promises'

import { z } from 'zod'

import { log } from '#shared/log.ts'

/** Registering waits for the router to ask this node for the model, which loads it. */
const TIMEOUT_MS = 30_000
const LEAVE_TIMEOUT_MS = 3_000
/** A router under traffic looks at its registry every two seconds. */
const SEEN_MS = 2_500
/** Renewing at a third of the lease leaves two more tries before it ends. */
const RENEWALS_A_LEASE = 3
const FIRST_RETRY_MS = 1_000

export interface RegistrationOptions {
  routerUrl: string
  /** An API key of the scope register. */
  key: string
  leaseSeconds: number
  nodeId: string
  /** Where the router reaches this node. */
  publicUrl: string
  models: readonly { id: string; version: string }[]
}

const Registered = z.looseObject({ id: z.string(), state: z.string() })
const Renewed = z.looseObject({ refused: z.array(z.string()) })
const Refusal = z.looseObject({ code: z.string(), detail: z.string() })

/**
 * Keeps this node registered with a router for as long as it runs. Whatever the router says or doesn't, the node
 * goes on serving: what failed is logged and tried again, later each time, by chance so that many nodes don't come at once.
 */
export class Registration {
  readonly #options: RegistrationOptions
  readonly #ids = new Map<string, string>()
  readonly #leaving = new AbortController()
  #running: Promise<void> | undefined
  #left: Promise<void> | undefined

  constructor(options: RegistrationOptions) {
    this.#options = options
  }

  start(): void {
    this.#running ??= this.#keep()
  }

  /** Asks the router for no more requests, and gives it time to heed that. Never rejects. */
  leave(): Promise<void> {
    this.#left ??= this.#leave()
    return this.#left
  }

  async #leave(): Promise<void> {
    this.#leaving.abort()
    await this.#running
    const timeout = AbortSignal.timeout(LEAVE_TIMEOUT_MS)
    const left = await Promise.allSettled(
      Array.from(this.#ids.values(), (id) =>
        this.#send('DELETE', `/admin/deployments/${id}`, undefined, timeout),
      ),
    )
    const failed = left.filter(({ status }) => status === 'rejected').length
    log.info('left', { deployments: left.length, failed })
    if (failed < left.length) await setTimeout(SEEN_MS)
  }

  async #keep(): Promise<void> {
    const renewMs = (this.#options.leaseSeconds * 1_000) / RENEWALS_A_LEASE
    for (let failures = 0; !this.#leaving.signal.aborted;) {
      const isWell = await this.#renewAll()
      failures = isWell ? 0 : failures + 1
      const afterMs = isWell ? renewMs : Math.min(renewMs, FIRST_RETRY_MS * 2 ** failures)
      const { signal } = this.#leaving
      await setTimeout(afterMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {})
    }
  }

  /** Renews what is registered and registers what isn't; false when anything is left to be done. */
  async #renewAll(): Promise<boolean> {
    try {
      await this.#renew()
      for (const model of this.#options.models) {
        if (!this.#ids.has(model.id)) await this.#register(model)
      }
    } catch (err) {
      if (!this.#leaving.signal.aborted) {
        const message = err instanceof Error ? err.message : String(err)
        log.warn('registration_failed', { router: this.#options.routerUrl, message })
      }
      return false
    }
    return this.#ids.size === this.#options.models.length
  }

  async #renew(): Promise<void> {
    const deployments = Array.from(this.#ids.values())
    if (deployments.length === 0) return
    const { refused } = Renewed.parse(await this.#send('POST', '/admin/leases', { deployments }))
    const gone = new Set(refused)
    for (const [model, id] of this.#ids) if (gone.has(id)) this.#ids.delete(model)
  }

  /** What the router refuses of one model says nothing of the others. */
  async #register({ id: model, version }: { id: string; version: string }): Promise<void> {
    const { nodeId: node, publicUrl: target, leaseSeconds } = this.#options
    const place = { placement: 'native', transport: 'http', target, leaseSeconds }
    try {
      const answer = await this.#send('POST', '/admin/deployments', {
        model,
        version,
        node,
        ...place,
      })
      const { id, state } = Registered.parse(answer)
      this.#ids.set(model, id)
      log.info('registered', { deployment: id, state })
    } catch (err) {
      if (!(err instanceof RefusedError)) throw err
      log.warn('registration_refused', { model, message: err.message })
    }
  }

  async #send(
    method: string,
    path: string,
    body?: unknown,
    signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#leaving.signal]),
  ): Promise<unknown> {
    const { routerUrl, key } = this.#options
    const response = await fetch(new URL(path, routerUrl), {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
      // the key is for this router alone
      redirect: 'error',
    })
    const text = await response.text()
    const answer: unknown = text === '' ? undefined : parse(text)
    if (response.ok) return answer
    const { data } = Refusal.safeParse(answer)
    const why = data ? `${data.code}: ${data.detail}` : 'no problem document'
    const message = `the router answered ${response.status} ${why}`
    throw response.status < 500 ? new RefusedError(message) : new Error(message)
  }
}

/** The router understood, and says no. */
class RefusedError extends Error {}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
