import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

const Digest = z.object({ sha256: z.string(), bytes: z.int() })

/** receipt.json: what an artefact folder was made from and with. The same inputs give the same receipt. */
export const Receipt = z.object({
  model: z.string(),
  version: z.string(),
  key: z.string(),
  graphs: z.record(z.string(), z.object({ source: Digest, optimised: Digest })),
  assets: z.record(z.string(), Digest),
  /** The WebAssembly runtime that the Worker bundles; absent for models that run natively only. */
  runtime: Digest.optional(),
  tools: z.record(z.string(), z.string()),
  report: z.record(z.string(), z.unknown()).optional(),
})
export type Receipt = z.infer<typeof Receipt>

/** The receipt of a built model, or undefined when it was never built. */
export async function findReceipt(artefactsDir: string, id: string): Promise<Receipt | undefined> {
  const text = await readFile(join(artefactsDir, id, 'receipt.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Receipt.parse(JSON.parse(text))
}
