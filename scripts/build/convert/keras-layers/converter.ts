import { onnxGraph } from '#scripts/onnx-graph.ts'

import type { Converter } from '../converter.ts'
import { CONVERTED_OPSET } from '../emitter.ts'
import { parseTfjsModelJson } from '../tfjs-model-json.ts'
import { readTfjsWeights } from '../tfjs-weights.ts'
import { findTensors } from './find-tensors.ts'
import { loadOriginal } from './load-original.ts'
import { LayersModel, readLayerGraph } from './topology.ts'
import { writeLayers } from './write-layers.ts'

/** Keras models as TensorFlow.js has them: layers as JSON, and shards of weights. */
export const converter: Converter = {
  convert(model) {
    const json = parseTfjsModelJson(model, LayersModel)
    const { numbers: weights } = readTfjsWeights(model, json.weightsManifest)
    const layers = readLayerGraph(model.who, json.modelTopology)
    const { inputs, outputs } = findTensors(model, layers)
    const graph = onnxGraph('converted', CONVERTED_OPSET)
    for (const { spec } of inputs) graph.input(spec.name, spec.datatype, spec.shape)
    const results = writeLayers(model.who, graph, layers, weights, {
      given: new Map(
        inputs.map(({ ref, spec }) => [ref.layer, { edge: spec.name, rank: spec.shape.length }]),
      ),
      wanted: outputs.map(({ ref }) => ref),
      reserved: inputs.concat(outputs).map(({ spec }) => spec.name),
    })
    for (const [i, { spec }] of outputs.entries()) {
      graph.node('Identity', [results[i]?.edge ?? ''], spec.name)
      // without its shape: the runtime infers it, and the build holds the manifest's against that
      graph.output(spec.name, spec.datatype)
    }
    return graph.bytes()
  },
  loadOriginal,
}
