import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { Failed, Skipped, type Check, type Level } from './check.ts'
import { readModelMetadata, type ModelMetadata } from './model-metadata.ts'
import { createOipClient, jsonOf, type OipClient, type Reply } from './oip-client.ts'
import { Subject } from './subject.ts'

const CHECKS_DIR = join(import.meta.dirname, 'checks')

/** Of the models a server lists, at most this many are tried for one that answers a plain inference. */
const MAX_TRIED_MODELS = 20

export interface ConformanceOptions {
  /** Base URL of the server, with or without /v2. */
  url: string
  /** Sent as a bearer token. */
  key?: string | undefined
  /** By default the first one listed that answers ones in all its inputs. */
  model?: string | undefined
}

export interface Result {
  group: string
  title: string
  level: Level
  outcome: 'passed' | 'failed' | 'skipped'
  /** What was expected and what came, or why it was skipped. */
  why?: string
}

export interface Report {
  model: string
  results: readonly Result[]
}

/** Runs every check against a server, one after the other. Throws Failed when it has no model to look at. */
export async function runConformance({ url, key, model }: ConformanceOptions): Promise<Report> {
  const call = createOipClient(url, key)
  const extensions = await readExtensions(call)
  const subject = await findSubject(call, extensions, model)
  const results: Result[] = []
  for (const { group, check } of await readChecks()) {
    results.push({
      group,
      title: check.title,
      level: check.level,
      ...(await settle(check, subject)),
    })
  }
  return { model: subject.model.name, results }
}

async function settle(check: Check, subject: Subject): Promise<Pick<Result, 'outcome' | 'why'>> {
  if (check.level !== 'required' && check.level !== 'client' && !subject.has(check.level)) {
    return { outcome: 'skipped', why: `${check.level} is not announced` }
  }
  try {
    await check.run(subject)
    return { outcome: 'passed' }
  } catch (err) {
    if (err instanceof Skipped) return { outcome: 'skipped', why: err.message }
    if (err instanceof Failed) return { outcome: 'failed', why: err.message }
    // one odd answer must not hide what all the other checks find
    return { outcome: 'failed', why: `expected an answer that can be read; came ${String(err)}` }
  }
}

/** Every file of checks/: its name is the group. */
async function readChecks(): Promise<{ group: string; check: Check }[]> {
  const files = (await readdir(CHECKS_DIR)).filter((file) => file.endsWith('.ts')).toSorted()
  const groups = await Promise.all(
    files.map(async (file) => {
      // as: what every file of the folder exports
      const { checks } = (await import(join(CHECKS_DIR, file))) as { checks: readonly Check[] }
      return checks.map((check) => ({ group: file.slice(0, -'.ts'.length), check }))
    }),
  )
  return groups.flat()
}

async function readExtensions(call: OipClient): Promise<readonly string[]> {
  const metadata = z.looseObject({ extensions: z.array(z.string()).default([]) })
  // what is no JSON fails a check of its own
  return metadata.safeParse(readJson(await call('/v2'))).data?.extensions ?? []
}

async function findSubject(
  call: OipClient,
  extensions: readonly string[],
  wanted: string | undefined,
): Promise<Subject> {
  const of = (model: ModelMetadata) => new Subject(call, extensions, model)
  if (wanted !== undefined) return of(await readModelMetadata(call, wanted))
  let described: Subject | undefined
  let failure = new Failed('the server lists no models: name one with --model')
  for (const name of (await listModels(call)).slice(0, MAX_TRIED_MODELS)) {
    try {
      described = of(await readModelMetadata(call, name))
      await described.plain()
      return described
    } catch (err) {
      // one that is broken doesn't keep the others from being tried
      if (err instanceof Failed) failure = err
      else if (!(err instanceof Skipped)) throw err
    }
  }
  if (described) return described
  throw failure
}

/** By KServe's list, else by Triton's index. */
async function listModels(call: OipClient): Promise<readonly string[]> {
  const list = await call('/v2/models')
  const named = z.looseObject({ models: z.array(z.string()) }).safeParse(readJson(list))
  if (list.status === 200 && named.success) return named.data.models
  const headers = { 'content-type': 'application/json' }
  const index = await call('/v2/repository/index', { headers, body: '{}' })
  const entries = z.array(z.looseObject({ name: z.string() })).safeParse(readJson(index))
  if (index.status !== 200 || !entries.success) return []
  return [...new Set(entries.data.map(({ name }) => name))]
}

/** Undefined for what is no JSON. */
function readJson(reply: Reply): unknown {
  try {
    return jsonOf(reply)
  } catch {
    return undefined
  }
}
