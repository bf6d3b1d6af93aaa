import { onnxGraph, type Edge, type ElementType } from '#scripts/onnx-graph.ts'
import type { TensorSpec } from '#shared/manifest.ts'

import type { ForeignModel } from '../converter.ts'
import { CONVERTED_OPSET, createEmitters } from '../emitter.ts'
import { foreignNodeError, unsupportedOperator } from '../foreign-node-error.ts'
import { isQuantised } from './constant-floats.ts'
import type { FlatFile } from './flat-file.ts'
import { GraphValues } from './graph-values.ts'
import { createOperatorScope } from './create-operator-scope.ts'
import { OPERATORS } from './operators.ts'
import type { TfliteModel, TfliteOperator, TfliteTensor } from './read-model.ts'

/** Writes the main graph as ONNX, with the names of the manifest. */
export function convertGraph(
  file: FlatFile,
  model: TfliteModel,
  { who, inputs, outputs }: ForeignModel,
): Uint8Array {
  const graph = onnxGraph('tflite', CONVERTED_OPSET)
  const emitterOf = createEmitters(graph)
  const values = new GraphValues(file, emitterOf('constant'))

  for (const tensor of model.inputs) {
    const spec = findSpec(file, tensor, inputs, 'input')
    if (!spec) throw file.error(`has the input '${tensor.name}'; the manifest names no such input`)
    values.set(tensor, graph.input(spec.name, elementType(file, tensor), tensor.shape), 'the graph')
  }
  requireKnown(file, inputs, model.inputs, 'input')
  for (const operator of model.operators) convertOperator(operator)
  requireKnown(file, outputs, model.outputs, 'output')
  for (const tensor of model.outputs) {
    const spec = findSpec(file, tensor, outputs, 'output')
    if (!spec) continue
    const edge = graph.node('Identity', [values.edge(tensor, 'the graph')], spec.name)
    graph.output(edge, elementType(file, tensor), tensor.shape)
  }
  return graph.bytes()

  function convertOperator(operator: TfliteOperator): void {
    const { index, name, inputs: operands, outputs: results } = operator
    const node = { who, name: `${index}: ${results[0]?.name ?? ''}`, operator: name }
    for (const tensor of [...operands, ...results]) {
      if (tensor && isQuantised(tensor) && !values.findConstant(tensor)) {
        throw foreignNodeError(
          node,
          `computes with quantised numbers: '${tensor.name}' is ${tensor.type.name}. Take the model in floats; only its constants may be quantised`,
        )
      }
    }
    const constant = operands[0] && values.findConstant(operands[0])
    if (name === 'DEQUANTIZE' && constant && results[0]) {
      values.setConstant(results[0], constant, `operator ${index}`)
      return
    }
    const convert = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
    if (!convert) throw unsupportedOperator(node, Object.keys(OPERATORS))
    const scope = createOperatorScope({
      file,
      operator,
      values,
      emitter: emitterOf(`${index}/${results[0]?.name ?? ''}`),
      error: (what) => foreignNodeError(node, what),
    })
    const written = [convert(scope)].flat()
    if (written.length !== results.length) {
      throw scope.error(`has ${results.length} outputs; its conversion gives ${written.length}`)
    }
    for (const [i, tensor] of results.entries()) {
      const edge: Edge | undefined = written[i]
      if (edge !== undefined) values.set(tensor, edge, `operator ${index}`)
    }
  }
}

/** The manifest's words on a tensor, checked against the file's; undefined where it has none. */
function findSpec(
  file: FlatFile,
  tensor: TfliteTensor,
  specs: readonly TensorSpec[],
  role: string,
): TensorSpec | undefined {
  const spec = specs.find(({ name }) => name === tensor.name)
  if (!spec) return undefined
  const type = elementType(file, tensor)
  if (spec.datatype === type && `${spec.shape}` === `${tensor.shape}`) return spec
  throw file.error(
    `has the ${role} '${spec.name}' as ${type} of [${tensor.shape}]; the manifest says ${spec.datatype} of [${spec.shape}]`,
  )
}

function requireKnown(
  file: FlatFile,
  specs: readonly TensorSpec[],
  tensors: readonly TfliteTensor[],
  role: string,
): void {
  const names = tensors.map(({ name }) => name)
  const unknown = specs.find(({ name }) => !names.includes(name))
  if (!unknown) return
  throw file.error(`has no ${role} '${unknown.name}'; it has ${names.join(', ') || 'none'}`)
}

function elementType(file: FlatFile, { name, type }: TfliteTensor): ElementType {
  if (type.onnx) return type.onnx
  throw file.error(`has the tensor '${name}' of ${type.name}, which has no conversion`)
}
