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
    const file = new FlatFile(modelFile(model), `${model.who} the TFLite file`)
    return convertGraph(file, readModel(file), model)
  },
  loadOriginal: (model) => loadLiteRt(modelFile(model), model),
}

function modelFile({ who, files }: ForeignModel): Uint8Array {
  const file = files[MODEL_FILE]
  if (file) return file
  throw new BuildError(
    `${who} format tflite needs the file '${MODEL_FILE}' in source.graphs.….files; there are ${Object.keys(files).join(', ') || 'none'}`,
  )
}
