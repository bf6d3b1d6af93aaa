import { z } from 'zod'

import { withinDeadline } from '#shared/deadline.ts'
import { MeshError } from '#shared/mesh-error.ts'

import type { RouterBindings } from '../env.ts'
import { readSmallJson } from '../read-small-json.ts'
import type { Deployment } from '../registry/snapshot.ts'
import type { Readiness } from '../transport.ts'
import { transports } from '../transports.ts'

const MAX_DETAIL_CHARS = 200

/** What a probe found. */
export interface Probed {
  /** It says that it is ready. */
  ready: boolean
  /** Something is there that answers, were it with a refusal of this question. */
  reached: boolean
  /** Why it isn't ready, in a sentence. */
  missing?: string
}

const Detail = z.looseObject({ detail: z.string() })

/** Asks a deployment whether it is ready, without an inference. Never throws: that it can't be asked is what it found. */
export async function probeDeployment(
  deployment: Deployment,
  of: Readiness['of'],
  env: RouterBindings,
  timeoutMs: number,
): Promise<Probed> {
  const { node, transport } = deployment
  const controller = new AbortController()
  try {
    return await withinDeadline(
      async () => {
        const readiness = { of, signal: controller.signal }
        return judge(await transports[transport].probe(deployment, readiness, env), node)
      },
      timeoutMs,
      node,
    )
  } catch (err) {
    const missing = err instanceof MeshError ? err.message : `${node} could not be reached`
    return { ready: false, reached: false, missing }
  } finally {
    // neither a late answer nor the rest of a body is waited for
    controller.abort()
  }
}

async function judge(response: Response, node: string): Promise<Probed> {
  const { status } = response
  if (status === 200) return { ready: true, reached: true }
  const told = Detail.safeParse(await readSmallJson(response))
  const why = told.success ? `: ${told.data.detail.slice(0, MAX_DETAIL_CHARS)}` : ''
  return { ready: false, reached: status < 500, missing: `${node} answered ${status}${why}` }
}
