import { PaddleOcrService } from 'paddleocr'
import { z } from 'zod'

import labels from '#artefacts/document-ocr/labels.json' with { type: 'json' }
import type { Codec, RunGraph } from '#shared/codec.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, type Tensors } from '#shared/tensor.ts'

import manifest from './manifest.json' with { type: 'json' }

const Parameters = z.strictObject({
  /** The longer side the page is scaled to for finding text; more finds smaller text and takes longer. */
  side: z.int().min(640).max(1280).default(960),
})

/**
 * How far a line's box is widened around the text. At the library's 1.5 the recognition model lost the
 * spaces in four of the six lines of examples/letter.png, at 2 in none.
 */
const UNCLIP_RATIO = 2
/** A full page has some 60 lines; each costs a run of the recognition graph. */
const MAX_LINES = 200

/** The library names its graphs by the bytes it is given; ours are loaded already, so these stand for them. */
const GRAPHS = { detection: new ArrayBuffer(1), recognition: new ArrayBuffer(2) }

export const codec: Codec = {
  async predict({ bytes }, parameters, run) {
    const { side } = parseParameters(Parameters, parameters, manifest.id)
    const { width, height, data } = await decodeImage(bytes, `[${manifest.id}]`)
    const service = await PaddleOcrService.createInstance({
      ort: graphsAsOrt(run),
      detection: {
        modelBuffer: GRAPHS.detection,
        maxSideLength: side,
        unclipRatio: UNCLIP_RATIO,
        maxCandidates: MAX_LINES,
      },
      recognition: { modelBuffer: GRAPHS.recognition, charactersDictionary: labels },
    })
    const lines = await service.recognize({ width, height, data: new Uint8Array(data.buffer) })
    return lines.map(({ text, confidence, box }) => ({
      generated_text: text.trim(),
      score: confidence,
      box: cornersOf(box),
    }))
  },
}

type Corners = {
  x: number
  y: number
  width: number
  height: number
  points?: { x: number; y: number }[]
}

/** Four corners clockwise from the top left, in pixels. */
function cornersOf({ x, y, width, height, points }: Corners): [number, number][] {
  const corners = points?.map((point) => [point.x, point.y] as [number, number])
  const straight: [number, number][] = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ]
  return (corners ?? straight).map(([px, py]) => [Math.round(px), Math.round(py)])
}

type Ort = NonNullable<NonNullable<ConstructorParameters<typeof PaddleOcrService>[0]>['ort']>

/** What the library asks of ONNX Runtime, over the graphs of this model. */
function graphsAsOrt(run: RunGraph): Ort {
  class Tensor {
    readonly type: string
    readonly data: Float32Array
    readonly dims: readonly number[]

    constructor(type: string, data: Float32Array, dims: readonly number[]) {
      this.type = type
      this.data = data
      this.dims = dims
    }
  }
  return {
    Tensor,
    InferenceSession: {
      async create(bytes) {
        const recognition = bytes.byteLength === GRAPHS.recognition.byteLength
        return {
          inputNames: ['x'],
          outputNames: [recognition ? 'softmax_11.tmp_0' : 'sigmoid_0.tmp_0'],
          async run({ x }) {
            if (!x || !(x.data instanceof Float32Array))
              throw new TypeError('paddleocr gave no FP32 input')
            return toOrt(
              await run({ x: fp32(x.data, x.dims) }, recognition ? 'recognition' : 'model'),
            )
          },
        }
      },
    },
  }
}

function toOrt(tensors: Tensors): Record<string, { data: unknown; dims: readonly number[] }> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape }]) => [name, { data, dims: shape }]),
  )
}
