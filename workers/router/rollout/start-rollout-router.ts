/** A router with rollouts, over D1 and a far node that answers otherwise for each version; each rollout has a candidate of its own after version 1. */
import { z } from 'zod'

import {
  startTestRouter,
  toneManifest,
  type Answer,
  type TestRouter,
} from '../start-test-router.ts'

/** So wide that some dozens of requests decide. */
const WIDE = { maxDisagreement: 0.2, maxFailures: 0.2 }
const MOST_REQUESTS = 400

const Shown = z.looseObject({
  id: z.string(),
  candidate: z.string(),
  state: z.string(),
  evidence: z.looseObject({
    pairs: z.number(),
    disagreements: z.number(),
    candidate: z.looseObject({ calls: z.number(), failures: z.number() }),
  }),
  findings: z.array(z.looseObject({ says: z.string() })),
})
export type Shown = z.infer<typeof Shown>

export interface RolloutRouter {
  router: TestRouter
  /** The version of the latest rollout. */
  candidate(): string
  /** Ends the rollout before and takes its candidate away. */
  reset(): Promise<void>
  /** Registers the next candidate, starts its rollout and deploys it then, in this order. */
  begin(body?: object): Promise<void>
  /** The latest rollout as an admin is shown it. */
  seen(): Promise<Shown>
  ask(user: string, headers?: Record<string, string>): Promise<Answer>
  /** Sends until it is decided; who answered. Throws when a request is not answered. */
  sendUntilDecided(): Promise<{ rollout: Shown; models: Set<string | null> }>
}

export async function startRolloutRouter(): Promise<RolloutRouter> {
  const router = await startTestRouter()
  let version = 1
  const candidate = () => String(version)
  const seen = async () => {
    const { body } = await router.admin('GET', '/rollouts/tone')
    const found = z
      .array(Shown)
      .parse(body.rollouts)
      .find((own) => own.candidate === candidate())
    if (!found) throw new Error('there is no such rollout')
    return found
  }
  const ask: RolloutRouter['ask'] = (user, headers = {}) =>
    router.infer({ 'mesh-sticky': user, ...headers })
  return {
    router,
    candidate,
    seen,
    ask,
    async reset() {
      await router.admin('PATCH', '/rollouts/tone', { state: 'stopped' })
      await router.admin('DELETE', `/deployments/tone@${candidate()}/next?now=true`)
      await router.admin('DELETE', '/rollouts/tone')
      router.received.length = 0
    },
    async begin(body = {}) {
      version++
      const own = { model: 'tone', stable: '1', candidate: candidate(), limits: WIDE, ...body }
      const manifest = { ...toneManifest, version: candidate() }
      const place = router.place({ version: candidate(), node: 'next' })
      for (const answer of [
        await router.admin('POST', '/models', { manifest }),
        await router.admin('POST', '/rollouts', own),
        await router.admin('POST', '/deployments', place),
      ]) {
        if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
      }
    },
    async sendUntilDecided() {
      const models = new Set<string | null>()
      for (let i = 0; i < MOST_REQUESTS; i++) {
        const { status, headers, body } = await ask(`user-${i}`)
        if (status !== 200) throw new Error(JSON.stringify(body))
        models.add(headers.get('mesh-model'))
        const rollout = i % 10 === 9 ? await seen() : undefined
        if (rollout && rollout.state !== 'running') return { rollout, models }
      }
      throw new Error(`nothing was decided: ${JSON.stringify(await seen())}`)
    },
  }
}
