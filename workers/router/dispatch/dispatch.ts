import { log } from '#shared/log.ts'
import { MeshError } from '#shared/mesh-error.ts'
import { codeOf } from '#shared/problem.ts'

import { attemptOf, type Attempt, type EndedAttempt } from './attempt-record.ts'
import type { DispatchRequest, NodeReply } from './attempt.ts'
import { nobodyAnswered } from './dispatch-error.ts'
import type { RouterBindings } from '../env.ts'
import { Flight, type Landing } from './flight.ts'
import { isBusy, type DeploymentHealth } from '../resilience/deployment-health.ts'
import type { HealthBoard } from '../resilience/health-board.ts'
import { pauseBefore } from '../resilience/repetition.ts'
import type { Candidate, Deployment } from '../registry/snapshot.ts'
import type { Transport } from '../transport.ts'

/** While others are left to try, an attempt may use this share of the time that is left. */
const ATTEMPT_SHARE = 0.5
/** Of one request, whatever the budget has: it may be the request itself that they die of. */
const MAX_ATTEMPTS = 12
/** An answer later than this share of a deployment's own is late: a second is asked. */
const HEDGE_QUANTILE = 0.95
/** Nobody notices less, and timers of a busy isolate are no finer. */
const MIN_HEDGE_MS = 5
/**
 * Complaints of the input that hold for one model: another of the capability may take more pixels, another
 * media type. What is malformed (400) is so for all.
 */
const COMPLAINTS_OF_A_MODEL: ReadonlySet<number> = new Set([413, 415, 422])

export interface Dispatched {
  reply: NodeReply
  deployment: Candidate
  attempts: readonly Attempt[]
}

export interface DispatchMeans {
  transports: Readonly<Record<Deployment['transport'], Transport>>
  env: RouterBindings
  board: HealthBoard
  /** Is told each attempt as it ends. */
  onAttempt?(ended: EndedAttempt): void
}

/**
 * Calls the candidates in order until one answers: the next one when an attempt failed in a way that
 * another may not, or when it is silent for longer than it usually is. The first answer wins and the
 * others are cancelled. Each attempt after the first needs leave of the retry budget, and a hedge that of the late
 * deployment's own. A model's complaint of the input lets other models be asked, never the same, unless it is of a
 * version on trial; when none answers, the first complaint is the reply. When nobody is left, those that could not be reached are asked again after a
 * pause, unless all of them are known to be down or the time or the budget is short. Throws DispatchError when
 * there is neither.
 */
export async function dispatch(
  candidates: readonly Candidate[],
  request: DispatchRequest,
  means: DispatchMeans,
): Promise<Dispatched> {
  const attempts: Attempt[] = []
  const flights = new Set<Flight>()
  const { board } = means
  const began = Date.now()
  board.sweep(began)
  board.budget.noteRequest(began)
  const waitedAt = await roomFor(candidates, request, board)
  let untried = healthyFirst(candidates, board)
  let complaint: Omit<Dispatched, 'attempts'> | undefined
  let unreached: Candidate[] = []
  let repetition = 0

  const end = (flight: Flight, outcome: Attempt['outcome']) => {
    const told = attemptOf(flight, outcome, request.pinned === true)
    attempts.push(told)
    means.onAttempt?.({ ...told, spanId: flight.spanId, startedAt: flight.startedAt })
  }
  const land = ({ flight, outcome }: Landing, code: Attempt['outcome']) => {
    flights.delete(flight)
    end(flight, code)
    return outcome
  }
  const cancelOthers = () => {
    for (const flight of flights) {
      flight.cancel()
      end(flight, 'cancelled')
    }
    flights.clear()
  }
  /** Calls the next candidate; false when there is none, no time, or no leave. */
  const launch = (kind: Attempt['kind']): boolean => {
    const [deployment, ...others] = untried
    const now = Date.now()
    const left = request.expiresAt - now
    if (!deployment || left <= 0) return false
    if (attempts.length + flights.size >= MAX_ATTEMPTS) return false
    // it is no use to ask what fails besides one that is only late
    if (kind === 'hedge' && !isAdmitted(deployment, board, now)) return false
    if (kind !== 'first' && board.budget.available(now) <= 0) return false
    const [late] = flights
    if (kind === 'hedge' && late?.takeHedge() === false) return false
    if (kind !== 'first') board.budget.take(now)
    untried = others
    const timeout = others.length > 0 ? Math.ceil(left * ATTEMPT_SHARE) : left
    flights.add(new Flight({ deployment, kind, request, timeout, means }))
    return true
  }

  const repeat = async (): Promise<boolean> => {
    const again = unreached
    unreached = []
    const pause = pauseBefore(repetition++, Math.random)
    const now = Date.now()
    if (pause === undefined || now + pause >= request.expiresAt) return false
    if (complaint || board.budget.available(now) <= 0) return false
    if (!again.some((own) => board.of(own).isWell(now + pause))) return false
    await sleep(pause)
    untried = healthyFirst(again, board)
    return launch('retry')
  }

  launch('first')
  // whoever was woken for a place and went elsewhere leaves it to the next
  waitedAt?.fill(Date.now())
  while (flights.size > 0) {
    const landing = await nextLanding(flights, untried.length > 0 ? hedgeDelay(flights) : undefined)
    if (landing === 'late') {
      // one that may not be hedged now is waited for like any other
      for (const flight of flights) flight.hedged = true
      launch('hedge')
      continue
    }
    const { flight } = landing
    if ('failure' in landing.outcome) {
      const { failure } = landing.outcome
      land(landing, failure.code)
      warn(flight, failure, request)
      if (failure.code === 'unreachable') unreached.push(flight.deployment)
      if (flights.size === 0 && !launch('retry') && untried.length === 0) await repeat()
      continue
    }
    const { reply } = landing.outcome
    if ('answer' in reply) {
      land(landing, 'ok')
      cancelOthers()
      return { reply, deployment: flight.deployment, attempts }
    }
    land(landing, codeOf(reply.complaint))
    const { deployment } = flight
    if (complaint === undefined || isOnTrial(complaint.deployment))
      complaint = { reply, deployment }
    if (!COMPLAINTS_OF_A_MODEL.has(reply.complaint.status) && !isOnTrial(deployment)) {
      cancelOthers()
      break
    }
    untried = untried.filter((own) => !wouldSayTheSame(own, deployment))
    if (flights.size === 0) launch('retry')
  }
  if (complaint) return { ...complaint, attempts }
  throw nobodyAnswered(attempts, request)
}

/** What a version complains of while its rollout decides whether it is right, its stable version may take. */
function isOnTrial({ part }: Candidate): boolean {
  return part?.role === 'candidate'
}

function wouldSayTheSame(own: Candidate, complained: Candidate): boolean {
  if (own.modelId !== complained.modelId) return false
  return !isOnTrial(complained) || own.version === complained.version
}

/** What is expected of one answer where none has been seen. */
const DEFAULT_ANSWER_MS = 20

/**
 * Where all that are well are full, waits for a place at the best of them, which it returns. Who waited in vain asks
 * what has room by then and would be in time; where nobody is, throws `shed`, at once when there will be no place in time.
 */
async function roomFor(
  candidates: readonly Candidate[],
  { expiresAt, priority }: DispatchRequest,
  board: HealthBoard,
): Promise<DeploymentHealth | undefined> {
  const now = Date.now()
  if (candidates.some((own) => isAdmitted(own, board, now))) return undefined
  // of what fails, none has room worth waiting for: it is asked all the same
  const best = candidates.map((own) => board.find(own)).find((health) => health?.isWell(now))
  try {
    await best?.line.wait({
      priority,
      timeLeftMs: expiresAt - now,
      answerMs: best.latency.mean(now, DEFAULT_ANSWER_MS),
      atOnce: best.concurrency.limit,
    })
  } catch (err) {
    const isInTime = candidates.some((own) => wouldBeInTime(own, board, expiresAt))
    if (!isInTime || !(err instanceof MeshError)) throw err
  }
  return best
}

/** Whether one has room, and usually takes no longer than an attempt of it now may. */
function wouldBeInTime(own: Candidate, board: HealthBoard, expiresAt: number): boolean {
  const now = Date.now()
  const usualMs = board.find(own)?.latency.mean(now, DEFAULT_ANSWER_MS) ?? DEFAULT_ANSWER_MS
  return isAdmitted(own, board, now) && usualMs <= (expiresAt - now) * ATTEMPT_SHARE
}

/**
 * Those that are known to fail or to be full come last: they are asked only when nobody else is left,
 * which is better than to refuse outright.
 */
function healthyFirst(candidates: readonly Candidate[], board: HealthBoard): readonly Candidate[] {
  const now = Date.now()
  const admitted = (own: Candidate) => isAdmitted(own, board, now)
  if (candidates.every(admitted)) return candidates
  return [...candidates.filter(admitted), ...candidates.filter((own) => !admitted(own))]
}

function isAdmitted(own: Candidate, board: HealthBoard, now: number): boolean {
  return board.find(own)?.admits(now) !== false
}

/** How long to wait before the next is asked besides; undefined when the last one asked isn't late. */
function hedgeDelay(flights: ReadonlySet<Flight>): number | undefined {
  const [only, ...more] = flights
  if (!only || more.length > 0 || only.hedged) return undefined
  const usual = only.usualMs(HEDGE_QUANTILE)
  if (usual === undefined) return undefined
  return Math.max(0, Math.max(usual, MIN_HEDGE_MS) - only.elapsedMs)
}

async function nextLanding(
  flights: ReadonlySet<Flight>,
  hedgeAfter: number | undefined,
): Promise<Landing | 'late'> {
  const landings = Array.from(flights, ({ landed }) => landed)
  if (hedgeAfter === undefined) return Promise.race(landings)
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), hedgeAfter)
  })
  try {
    return await Promise.race([...landings, late])
  } finally {
    clearTimeout(timer)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function warn({ deployment }: Flight, failure: MeshError, { requestId }: DispatchRequest): void {
  // counted as well, and told by each of hundreds of calls a second
  if (isBusy(failure)) return
  log.warn('attempt_failed', {
    request: requestId,
    deployment: deployment.id,
    code: failure.code,
    message: failure.message,
    detail: failure.detail,
  })
}
