/**
 * Converts lande's network (a toygrad model: 620 n-gram frequencies → 120 ReLU → 50 softmax) to ONNX.
 * Weights are stored as a scale and one byte each: value = (byte − 127) / scale.
 */
import { z } from 'zod'

import { onnxGraph } from '#scripts/onnx-graph.ts'
import { decodeBase64 } from '#shared/base64.ts'
import type { Recipe } from '#shared/recipe.ts'

const Dense = z.object({
  type: z.literal('dense'),
  _biases: z.string(),
  _filters: z.array(z.string()),
})
const Network = z.object({
  layers: z.tuple([
    z.object({ type: z.literal('input'), sz: z.int() }),
    Dense,
    z.object({ type: z.literal('relu') }),
    Dense,
    z.object({ type: z.literal('softmax') }),
  ]),
})
const Ngrams = z.object({
  unigrams: z.array(z.string()),
  bigrams: z.array(z.string()),
  trigrams: z.array(z.string()),
  quadgrams: z.array(z.string()),
})

const convert: Recipe = async ({ files }) => {
  const { layers } = Network.parse(readExport(files.network))
  const ngrams = Ngrams.parse(readExport(files.ngrams))
  const [{ sz: inputs }, hidden, , output] = layers
  const classes = output._filters.length

  const g = onnxGraph('language-id')
  const x = g.input('frequencies', 'FP32', [-1, inputs])
  const h = g.node('Relu', [dense(hidden, inputs, x, 'hidden')], 'activation')
  const logits = dense(output, hidden._filters.length, h, 'logits')
  g.output(g.node('Softmax', [logits], 'probabilities', { axis: -1 }), 'FP32', [-1, classes])

  return {
    graphs: { model: g.bytes() },
    assets: {
      'ngrams.json': new TextEncoder().encode(JSON.stringify(Object.values(ngrams).flat())),
    },
  }

  /** toygrad keeps a row of weights for each neuron: Gemm's B, transposed. */
  function dense(layer: z.infer<typeof Dense>, width: number, input: string, name: string): string {
    const rows = layer._filters.map(decodeFloats)
    const weights = new Float32Array(rows.length * width)
    rows.forEach((row, i) => weights.set(row, i * width))
    return g.node(
      'Gemm',
      [
        input,
        g.floats(`${name}_weights`, weights, [rows.length, width]),
        g.floats(`${name}_biases`, decodeFloats(layer._biases), [rows.length]),
      ],
      name,
      { transB: 1 },
    )
  }
}
export default convert

/** The package's files are modules of the form `export default <JSON>;`: read as data, never run. */
function readExport(file: Uint8Array | undefined): unknown {
  const text = new TextDecoder().decode(file)
  const json = /^export default ([\s\S]*?);?\s*$/.exec(text)?.[1]
  if (json === undefined) throw new Error('the file is not `export default <JSON>`')
  return JSON.parse(json)
}

/** `1<scale>|<base64>`: the leading 1 is the number of bytes a value takes. */
function decodeFloats(encoded: string): Float32Array {
  const separator = encoded.indexOf('|')
  const scale = Number(encoded.slice(1, separator))
  return Float32Array.from(
    decodeBase64(encoded.slice(separator + 1)),
    (byte) => (byte - 127) / scale,
  )
}
