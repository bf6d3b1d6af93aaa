import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { EdgeMeasurement } from './admit/measure-worker.ts'
import { GraphFacts } from './admit/read-graph.ts'
import { Verdict } from './admit/verdict.ts'
import { Difference } from './difference.ts'
import { fileDigest } from './npm-package.ts'

const Digest = z.object({ sha256: z.string(), bytes: z.int() })
type Digest = z.infer<typeof Digest>

/**
 * receipt.json: what an artefact folder was made from and with, and what it was found to be. Digests are
 * the same whenever it is made again from the same inputs, on any machine; differences may round otherwise
 * where native kernels do, and `measured` is of one machine.
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
      /** What the Worker goes on from; absent natively and with the published runtime. */
      image: Digest.optional(),
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

/** Whether the artefacts are what the receipt says: a bit that flipped gives other answers without a sign. */
export async function isIntact(receipt: Receipt, dir: string): Promise<boolean> {
  const files: (readonly [name: string, digest: Digest])[] = [
    ...Object.entries(receipt.assets),
    ...Object.entries(receipt.graphs).map(
      ([name, { optimised }]) => [`${name}.onnx`, optimised] as const,
    ),
    ...Object.entries(receipt.graphs).flatMap(([name, { image }]) =>
      image ? [[`${name}.image`, image] as const] : [],
    ),
    ...(receipt.runtime ? [['ort.wasm', receipt.runtime] as const] : []),
  ]
  for (const [name, { sha256 }] of files) {
    const actual = await fileDigest(join(dir, name)).catch(() => undefined)
    if (actual !== sha256) return false
  }
  return true
}
