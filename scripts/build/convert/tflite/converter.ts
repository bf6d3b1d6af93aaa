import { BuildError } from '../../build-error.ts'
import type { Converter, ForeignModel } from '../converter.ts'
import { convertGraph } from './convert-graph.ts'
import { FlatFile } from './flat-file.ts'
import { loadLiteRt } from './load-lite-rt.ts'
import { readModel } from './read-model.ts'

/** The key of the file in the manifest. */
const MODEL_FILE = 'model'

/** TensorFlow Lite: one FlatBuffers file. Graphs keep the shapes that the file has. */
export const converter: Converter = {
  convert(model) {
    const file = flatFile(model)
    return convertGraph(file, readModel(file), model)
  },
  async loadOriginal(model) {
    return loadLiteRt(modelBytes(model), readModel(flatFile(model)), model)
  },
}

function flatFile(model: ForeignModel): FlatFile {
  return new FlatFile(modelBytes(model), `${model.who} the TFLite file`)
}

function modelBytes({ who, files }: ForeignModel): Uint8Array {
  const bytes = files[MODEL_FILE]
  if (bytes) return bytes
  throw new BuildError(
    `${who} format tflite needs the file '${MODEL_FILE}' in source.graphs.….files; there are ${Object.keys(files).join(', ') || 'none'}`,
  )
}
