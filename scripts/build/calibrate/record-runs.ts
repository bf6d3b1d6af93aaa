import type { Codec, RunGraph } from '#shared/codec.ts'
import type { InferenceSession } from '#shared/inference.ts'
import type { Tensors } from '#shared/tensor.ts'

import type { ModelFolder } from '../../../workers/native/model-folders.ts'
import { exampleInput } from '../../mesh/example-input.ts'

/** One run of one graph as the codec asked for it. */
export interface GraphRun {
  example: string
  graph: string
  inputs: Tensors
  outputs: Tensors
}

/** Drives the codec through the manifest's examples and records every run of a graph. */
export async function recordRuns(
  folder: ModelFolder,
  codec: Codec,
  sessions: ReadonlyMap<string, InferenceSession>,
  cacheDir: string,
): Promise<GraphRun[]> {
  const runs: GraphRun[] = []
  for (const example of folder.manifest.examples) {
    const input = await exampleInput(example, folder, cacheDir)
    const run: RunGraph = async (inputs, graph = 'model') => {
      const session = sessions.get(graph)
      if (!session) throw new Error(`[${folder.id}] codec.ts asks for a graph '${graph}'`)
      // codecs may write into what they give and what they get
      const kept = structuredClone(inputs)
      const outputs = await session.run(inputs)
      runs.push({ example: example.name, graph, inputs: kept, outputs: structuredClone(outputs) })
      return outputs
    }
    await codec.predict(input, example.parameters ?? {}, run)
  }
  return runs
}
