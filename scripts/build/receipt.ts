import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { EdgeMeasurement } from './admit/measure-worker.ts'
import { GraphFacts } from './admit/read-graph.ts'
import { Verdict } from './admit/verdict.ts'
import { Difference } from './difference.ts'

const Digest = z.object({ sha256: z.string(), bytes: z.int() })

/**
 * receipt.json: what an artefact folder was made from and with, and what it was found to be. All but
 * `measured` and `verdict` is the same whenever it is made again from the same inputs.
 */
export const Receipt = z.object({
  model: z.string(),
  version: z.string(),
  /** How weights are stored, where not as they are. */
  weights: z.literal('float16').optional(),
  key: z.string(),
  /** SHA-256 of every file or package that the manifest names, by its place in the manifest. */
  sources: z.record(z.string(), z.string()),
  graphs: z.record(
    z.string(),
    z.object({
      /** The graph as ONNX: as published, converted, or made by the recipe. */
      source: Digest,
      optimised: Digest,
      facts: GraphFacts,
      /** From the graph before optimising, on the examples. */
      optimisation: Difference,
      /** Of a converted graph from its original runtime, on the examples. */
      conversion: Difference.extend({ runtime: z.string() }).optional(),
    }),
  ),
  assets: z.record(z.string(), Digest),
  /** The WebAssembly runtime that the Worker bundles; absent for models that run natively only. */
  runtime: Digest.extend({
    /** What it was cut from. */
    published: Digest,
    /** Absent when it is the published one. */
    cut: z
      .object({
        functions: z.object({ published: z.int(), executed: z.int(), kept: z.int() }),
        /** The models whose calibrations it holds. */
        models: z.array(z.string()),
        calibrationRuns: z.int(),
      })
      .optional(),
  }).optional(),
  /** Largest difference of each output between WebAssembly and native on the examples. */
  parity: z.record(z.string(), Difference).optional(),
  measured: EdgeMeasurement.optional(),
  verdict: Verdict,
  tools: z.record(z.string(), z.string()),
  report: z.record(z.string(), z.unknown()).optional(),
})
export type Receipt = z.infer<typeof Receipt>

/** The receipt of a built model; undefined when it was never built, or by a version that wrote another. */
export async function findReceipt(artefactsDir: string, id: string): Promise<Receipt | undefined> {
  const text = await readFile(join(artefactsDir, id, 'receipt.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = Receipt.safeParse(JSON.parse(text))
  return parsed.success ? parsed.data : undefined
}
