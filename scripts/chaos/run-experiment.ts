import { parseManifest } from '#shared/manifest.ts'

import { readModelFolders, type ModelFolder } from '../../workers/native/model-folders.ts'
import { startTestRouter, type TestRouter } from '../../workers/router/start-test-router.ts'
import { MODELS_DIR } from '../paths.ts'
import { ask, type AskOutcome } from './ask.ts'
import { balancedDraws, seededRandom } from './balanced-draws.ts'
import { recordAnswers, type LabelledInput, type Recorded } from './record-answers.ts'
import { startFleet, type Fleet } from './start-fleet.ts'

const MODEL = 'language-id'
/** Deployments per capability: a single model, and meshes. */
const COUNTS = [1, 2, 3]
/** The least an epoch lasts. */
const EPOCH_MS = 250

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
  /** In which at least one deployment was up: more than this no mesh can answer while all stay as they are. */
  possible: number
  /** Answered while every deployment stayed as it was. */
  answered: number
  right: number
  /** Answered, by one call of the caller, while the deployments were drawn anew every quarter of a second. */
  answeredInTime: number
  /** Refused without a typed error that says a repetition is worthwhile. */
  untyped: number
}

interface Cell {
  capability: string
  fleet: Fleet
  draws: readonly boolean[][]
  counted: Omit<CellResult, 'rate' | 'deployments'>
}

interface Stage {
  router: TestRouter
  cells: readonly Cell[]
}

/** All rates side by side, each with a router in workerd of its own, since a router has one retry budget. */
export async function runExperiment(options: ExperimentOptions): Promise<CellResult[]> {
  const [folder] = readModelFolders(MODELS_DIR, [MODEL])
  if (!folder) throw new Error(`there is no model ${MODEL}`)
  options.log(`recording what ${MODEL} answers`)
  const recorded = await recordAnswers(folder)
  options.log('starting the routers')
  const random = seededRandom(options.seed)
  const results = await Promise.all(
    options.rates.map((rate) => runRate(rate, folder, recorded, random, options)),
  )
  return results.flat()
}

async function runRate(
  rate: number,
  folder: ModelFolder,
  recorded: Recorded,
  random: () => number,
  { epochs, log }: ExperimentOptions,
): Promise<CellResult[]> {
  const cells = await Promise.all(
    COUNTS.map(async (count): Promise<Cell> => ({
      capability: `text-classification/up-${Math.round(rate * 100)}-of-${count}`,
      fleet: await startFleet(count, recorded.answers),
      draws: balancedDraws(rate, count, epochs, random),
      counted: { possible: 0, answered: 0, right: 0, answeredInTime: 0, untyped: 0 },
    })),
  )
  const router = await startTestRouter()
  try {
    for (const cell of cells) await register(router, folder, cell)
    await staying({ router, cells }, recorded, epochs)
    log(`p = ${rate}: measured while deployments stay as they are; now they come and go`)
    await comingAndGoing({ router, cells }, recorded, epochs)
  } finally {
    await Promise.all(cells.map(({ fleet }) => fleet.stop()))
    await router.stop()
  }
  return cells.map((cell) => resultOf(rate, cell, epochs))
}

async function register(
  router: TestRouter,
  folder: ModelFolder,
  { capability, fleet: { urls } }: Cell,
): Promise<void> {
  const [, id = ''] = capability.split('/')
  const manifest = parseManifest({ ...folder.manifest, id, capability }, id)
  const registered = await router.admin('POST', '/models', { manifest })
  if (registered.status >= 300) throw new Error(JSON.stringify(registered.body))
  for (const [i, target] of urls.entries()) {
    const placed = router.place({
      model: id,
      version: manifest.version,
      node: `${id}-${i}`,
      target,
      state: 'ready',
    })
    const { status, body } = await router.admin('POST', '/deployments', placed)
    if (status >= 300) throw new Error(JSON.stringify(body))
  }
}

/** Nothing changes until every request of an epoch has its answer. */
async function staying(
  { router, cells }: Stage,
  { inputs }: Recorded,
  epochs: number,
): Promise<void> {
  for (let epoch = 0; epoch < epochs; epoch++) {
    draw(cells, epoch)
    const settled = sleep(EPOCH_MS)
    await Promise.all(
      cells.map(async ({ capability, draws, counted }) => {
        if (draws[epoch]?.includes(true)) counted.possible++
        const outcome = await ask(router, capability, inputOf(inputs, epoch))
        if (outcome === 'untyped') counted.untyped++
        if (outcome === 'right') counted.right++
        if (isAnswer(outcome)) counted.answered++
      }),
    )
    await settled
  }
}

/** Epochs follow the clock, whatever is on its way. */
async function comingAndGoing(
  { router, cells }: Stage,
  { inputs }: Recorded,
  epochs: number,
): Promise<void> {
  const asked: Promise<void>[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    draw(cells, epoch)
    asked.push(...cells.map((cell) => askOnce(router, cell, inputOf(inputs, epoch))))
    await sleep(EPOCH_MS)
  }
  await Promise.all(asked)
}

async function askOnce(
  router: TestRouter,
  { capability, counted }: Cell,
  input: LabelledInput,
): Promise<void> {
  const outcome = await ask(router, capability, input)
  if (outcome === 'untyped') counted.untyped++
  if (isAnswer(outcome)) counted.answeredInTime++
}

function draw(cells: readonly Cell[], epoch: number): void {
  for (const { fleet, draws } of cells) fleet.set(draws[epoch] ?? [])
}

function inputOf(inputs: readonly LabelledInput[], epoch: number): LabelledInput {
  const input = inputs[epoch % inputs.length]
  if (!input) throw new Error(`${MODEL} has no golden example with a text and a label`)
  return input
}

function isAnswer(outcome: AskOutcome): boolean {
  return outcome === 'right' || outcome === 'wrong'
}

function resultOf(rate: number, { fleet, counted }: Cell, epochs: number): CellResult {
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
