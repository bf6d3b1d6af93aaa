import { MeshError } from '#shared/mesh-error.ts'
import { isRemote } from '#shared/remote-manifest.ts'
import { producedTypes } from '#shared/media-answer.ts'
import { largestDifference } from '#shared/largest-difference.ts'
import { findDifference } from '#shared/within-tolerance.ts'

import type { RouterBindings } from '../env.ts'
import { ACCURACY, LATENCY, type MeasurementRow } from '../matching/measured.ts'
import { opensDoor } from '../matching/offer.ts'
import type { Candidate, Deployment, RegisteredModel } from '../registry/snapshot.ts'
import { askExample } from './ask-example.ts'
import type { GoldenExample } from './example-call.ts'
import { taskExamples, type ReadExampleFile } from './task-examples.ts'
import { tensorExamples } from './tensor-examples.ts'
import { subjectOf } from './verification.ts'

/** Of a card with more, the first so many are run. */
const MAX_EXAMPLES = 32
/** Of one answer to an example. */
const MAX_ANSWER_MS = 15_000
/** Comparing is worth no more. */
const MAX_SIBLING_MS = 5_000
/** The end of a long answer is no use to anybody. */
const MAX_DETAIL_CHARS = 300

/** Share of examples that are answered the same twice. */
const DETERMINISM = 'determinism'
/** Largest difference of the answers of edge and native. */
const PARITY = 'parity'

/** What came of running the examples once. */
export interface Verdict {
  deploymentId: string
  subject: string
  /** Undefined when there is no verdict: then it stays what it was. */
  state: 'passed' | 'failed' | 'unverifiable' | undefined
  /** What was wrong. */
  detail: string | null
  /** Why there is no verdict. */
  note: string | null
  measured: readonly Pick<MeasurementRow, 'metric' | 'value' | 'samples'>[]
}

export interface VerifyOptions {
  env: RouterBindings
  readFile: ReadExampleFile
  /** A deployment of the version at the other placement, to compare with. */
  sibling: Deployment | undefined
  /** When it is given up, in ms since the epoch. */
  expiresAt: number
}

interface Result {
  name: string
  /** What is wrong with the answer. */
  problem: string | undefined
  same: boolean
  times: readonly number[]
  /** From the sibling's answer; undefined where they can't be compared. */
  distance: number | undefined
}

/** Runs a model's examples on one deployment, one after another. Never throws: what stands in the way is told. */
export async function verifyDeployment(
  deployment: Deployment,
  model: RegisteredModel,
  options: VerifyOptions,
): Promise<Verdict> {
  const blank = {
    deploymentId: deployment.id,
    subject: subjectOf(deployment, model),
    detail: null,
    note: null,
    measured: [],
  }
  const examples = examplesOf(deployment, model, options.readFile)
  if (typeof examples === 'string') return { ...blank, state: 'unverifiable', detail: examples }
  // not by name: nothing says that names differ
  const results: Result[] = []
  let { sibling } = options
  try {
    for (const example of examples) {
      const result = await runExample(example, deployment, model, { ...options, sibling })
      results.push(result)
      // one that doesn't answer must not take the time of one that does
      if (result.distance === undefined) sibling = undefined
    }
  } catch (err) {
    return { ...blank, state: undefined, note: noteOf(err) }
  }
  const wrong = results.find(({ problem }) => problem !== undefined)
  return {
    ...blank,
    state: wrong ? 'failed' : 'passed',
    detail: wrong ? bounded(`'${wrong.name}': ${wrong.problem}`) : null,
    measured: measure(results),
  }
}

/** The examples that can be run there, or why none can. */
function examplesOf(
  { transport }: Deployment,
  { manifest }: RegisteredModel,
  readFile: ReadExampleFile,
): readonly GoldenExample[] | string {
  if (!isRemote(manifest)) {
    return opensDoor(transport, 'task')
      ? taskExamples(manifest, readFile).slice(0, MAX_EXAMPLES)
      : "its server takes tensors only, and the card's examples are tasks"
  }
  const examples = tensorExamples(manifest)
  return examples.length > 0 ? examples : 'its card has no examples'
}

async function runExample(
  example: GoldenExample,
  deployment: Deployment,
  model: RegisteredModel,
  { env, sibling, expiresAt }: VerifyOptions,
): Promise<Result> {
  const { name } = example
  const call = await example.prepare()
  const candidate = candidateOf(deployment, model)
  const ask = (of: Candidate, maxMs = MAX_ANSWER_MS) => {
    const timeoutMs = Math.min(maxMs, expiresAt - Date.now())
    if (timeoutMs <= 0) throw new MeshError('deadline_exceeded', 'its examples take too long')
    return askExample(call, of, { env, timeoutMs: Math.ceil(timeoutMs) })
  }
  const first = await ask(candidate)
  if ('refusal' in first) {
    return { name, problem: first.refusal, same: true, times: [], distance: undefined }
  }
  const second = await ask(candidate)
  const times = 'refusal' in second ? [first.ms] : [first.ms, second.ms]
  const same =
    !('refusal' in second) && (await findDifference(second.answer, first.answer, 0)) === undefined
  const problem = await findDifference(first.answer, call.expected, call.tolerance)
  const distance =
    problem === undefined && sibling
      ? await distanceTo(first.answer, () => ask(candidateOf(sibling, model), MAX_SIBLING_MS))
      : undefined
  return { name, problem, same, times, distance }
}

/** That the other one fails is told of the other one. */
async function distanceTo(
  answer: unknown,
  askOther: () => ReturnType<typeof askExample>,
): Promise<number | undefined> {
  const other = await askOther().catch(() => undefined)
  return other && 'answer' in other ? largestDifference(answer, other.answer) : undefined
}

function candidateOf(deployment: Deployment, { manifest }: RegisteredModel): Candidate {
  const { capability } = manifest
  return { ...deployment, capability, produces: producedTypes(manifest), cacheAs: null }
}

function measure(results: readonly Result[]): Verdict['measured'] {
  const samples = results.length
  const share = (count: number) => count / samples
  const times = results.flatMap((own) => own.times).toSorted((a, b) => a - b)
  const distances = results.flatMap(({ distance }) => distance ?? [])
  const median = times[Math.floor(times.length / 2)]
  return [
    {
      metric: ACCURACY,
      value: share(results.filter(({ problem }) => problem === undefined).length),
      samples,
    },
    { metric: DETERMINISM, value: share(results.filter(({ same }) => same).length), samples },
    ...(median === undefined ? [] : [{ metric: LATENCY, value: median, samples: times.length }]),
    ...(distances.length < samples
      ? []
      : [{ metric: PARITY, value: Math.max(...distances), samples }]),
  ]
}

/** Neither a node's own words nor its target are in it: who may call models reads it. */
function noteOf(err: unknown): string {
  if (!(err instanceof MeshError)) return 'the node could not be reached'
  // what a transport says of a target names it
  return err.code === 'invalid_request' ? 'its target is refused' : bounded(err.message)
}

function bounded(text: string): string {
  return text.length > MAX_DETAIL_CHARS ? `${text.slice(0, MAX_DETAIL_CHARS - 1)}…` : text
}
