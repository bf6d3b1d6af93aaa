import { parseManifest } from '#shared/manifest.ts'

import { readModelFolders } from '../../workers/native/model-folders.ts'
import { startTestRouter, type TestRouter } from '../../workers/router/start-test-router.ts'
import { MODELS_DIR } from '../paths.ts'
import { balancedDraws, seededRandom } from './balanced-draws.ts'
import { labelOf, recordAnswers, type LabelledInput, type Recorded } from './record-answers.ts'
import { startFleet, type Fleet } from './start-fleet.ts'

const MODEL = 'language-id'
/** Deployments per capability: a single model, and meshes. */
const COUNTS = [1, 2, 3]
/** The least an epoch lasts; it ends when every request of it was answered once. */
const EPOCH_MS = 250
const DEADLINE_MS = 10_000
/** A caller repeats what the mesh says is worth repeating this often, as the OpenAI and Hugging Face clients do by default. */
const REPEATS = 2

export interface ExperimentOptions {
  rates: readonly number[]
  seed: number
  epochs: number
  log(message: string): void
}

/** What became of the requests to one capability; shares are of all requests. */
export interface CellResult {
  rate: number
  deployments: number
  /** In which at least one deployment was up: more than this no mesh can answer. */
  possible: number
  /** Answered while every deployment stayed as it was. */
  answered: number
  right: number
  /** Answered when the caller had repeated what failed, with deployments drawn anew meanwhile. */
  answeredInTime: number
  /** Refused without a typed error that says a repetition is worthwhile. */
  untyped: number
}

interface Cell {
  capability: string
  rate: number
  fleet: Fleet
  draws: readonly boolean[][]
  counted: Omit<CellResult, 'rate' | 'deployments'>
}

/** All rates and numbers of deployments side by side, through one router in workerd. */
export async function runExperiment(options: ExperimentOptions): Promise<CellResult[]> {
  const [folder] = readModelFolders(MODELS_DIR, [MODEL])
  if (!folder) throw new Error(`there is no model ${MODEL}`)
  options.log(`recording what ${MODEL} answers`)
  const recorded = await recordAnswers(folder)
  options.log('starting the router')
  const router = await startTestRouter()
  const random = seededRandom(options.seed)
  const cells: Cell[] = []
  try {
    for (const rate of options.rates) {
      for (const count of COUNTS) {
        const id = `up-${Math.round(rate * 100)}-of-${count}`
        const capability = `text-classification/${id}`
        const manifest = parseManifest({ ...folder.manifest, id, capability }, id)
        const fleet = await startFleet(count, recorded.answers)
        const draws = balancedDraws(rate, count, options.epochs, random)
        const counted = { possible: 0, answered: 0, right: 0, answeredInTime: 0, untyped: 0 }
        cells.push({ capability, rate, fleet, draws, counted })
        await register(router, manifest, fleet)
      }
    }
    await runEpochs(router, cells, recorded, options)
  } finally {
    await Promise.all(cells.map(({ fleet }) => fleet.stop()))
    await router.stop()
  }
  return cells.map((cell) => resultOf(cell, options.epochs))
}

async function register(
  router: TestRouter,
  manifest: ReturnType<typeof parseManifest>,
  { urls }: Fleet,
): Promise<void> {
  const { id: model, version } = manifest
  const registered = await router.admin('POST', '/models', { manifest })
  if (registered.status >= 300) throw new Error(JSON.stringify(registered.body))
  for (const [i, target] of urls.entries()) {
    const placed = router.place({ model, version, node: `${model}-${i}`, target, state: 'ready' })
    const { status, body } = await router.admin('POST', '/deployments', placed)
    if (status >= 300) throw new Error(JSON.stringify(body))
  }
}

async function runEpochs(
  router: TestRouter,
  cells: readonly Cell[],
  { inputs }: Recorded,
  { epochs, log }: ExperimentOptions,
): Promise<void> {
  const repeated: Promise<void>[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    if (epoch % 50 === 0) log(`epoch ${epoch} of ${epochs}`)
    for (const { fleet, draws } of cells) fleet.set(draws[epoch] ?? [])
    const input = inputs[epoch % inputs.length]
    if (!input) throw new Error(`${MODEL} has no golden example with a text and a label`)
    const settled = sleep(EPOCH_MS)
    await Promise.all(
      cells.map(async (cell) => {
        const { counted, draws } = cell
        if (draws[epoch]?.includes(true)) counted.possible++
        const outcome = await ask(router, cell, input)
        if (outcome === 'untyped') counted.untyped++
        if (outcome === 'right') counted.right++
        if (outcome === 'right' || outcome === 'wrong') counted.answered++
        repeated.push(repeat(router, cell, input, outcome))
      }),
    )
    await settled
  }
  await Promise.all(repeated)
}

type AskOutcome = 'right' | 'wrong' | 'retryable' | 'untyped'

async function repeat(
  router: TestRouter,
  cell: Cell,
  input: LabelledInput,
  first: AskOutcome,
): Promise<void> {
  let outcome = first
  for (let i = 0; i < REPEATS && outcome === 'retryable'; i++) {
    // what `retry-after` of these errors says; the deployments are drawn anew meanwhile
    await sleep(1_000)
    outcome = await ask(router, cell, input)
  }
  if (outcome === 'right' || outcome === 'wrong') cell.counted.answeredInTime++
}

async function ask(
  router: TestRouter,
  { capability }: Pick<Cell, 'capability'>,
  { text, label }: LabelledInput,
): Promise<AskOutcome> {
  const { status, body, headers } = await router.send(`/infer/${capability}`, {
    method: 'POST',
    key: router.inferKey,
    headers: {
      'content-type': 'text/plain',
      'cache-control': 'no-store',
      'mesh-deadline-ms': String(DEADLINE_MS),
    },
    body: text,
  })
  if (status === 200) return labelOf(body) === label ? 'right' : 'wrong'
  return body.retryable === true && headers.has('retry-after') ? 'retryable' : 'untyped'
}

function resultOf({ rate, fleet, counted }: Cell, epochs: number): CellResult {
  return {
    rate,
    deployments: fleet.urls.length,
    possible: counted.possible / epochs,
    answered: counted.answered / epochs,
    right: counted.right / epochs,
    answeredInTime: counted.answeredInTime / epochs,
    untyped: counted.untyped / epochs,
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
