import { onnxGraph } from '#scripts/onnx-graph.ts'

import type { Converter } from '../converter.ts'
import { CONVERTED_OPSET } from '../emitter.ts'
import { parseTfjsModelJson } from '../tfjs-model-json.ts'
import { readTfjsWeights } from '../tfjs-weights.ts'
import { findTensors } from './find-tensors.ts'
import { GraphModel } from './graph-def.ts'
import { loadOriginal } from './load-original.ts'
import { writeNodes } from './write-nodes.ts'

/** TensorFlow.js graph models: a TensorFlow GraphDef as JSON, and shards of weights. */
export const converter: Converter = {
  convert(model) {
    const json = parseTfjsModelJson(model, GraphModel)
    const { numbers: weights } = readTfjsWeights(model, json.weightsManifest)
    const tensors = findTensors(model, json)
    const graph = onnxGraph('converted', CONVERTED_OPSET)
    for (const { spec } of tensors.inputs) graph.input(spec.name, spec.datatype, spec.shape)
    const written = writeNodes(model.who, { ...tensors, weights }, graph)
    for (const { spec, tensor } of tensors.outputs) {
      graph.node('Identity', [written(tensor)], spec.name)
      // without its shape: the runtime infers it, and the build holds the manifest's against that
      graph.output(spec.name, spec.datatype)
    }
    return graph.bytes()
  },
  loadOriginal,
}
