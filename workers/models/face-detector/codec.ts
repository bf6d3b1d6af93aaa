import { z } from 'zod'

import { singleRun } from '#shared/codec.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import type { Image } from '#shared/media/image.ts'
import { resizeImage } from '#shared/media/resize-image.ts'
import { parseParameters } from '#shared/parse-parameters.ts'
import { fp32, requireFp32, type Tensors } from '#shared/tensor.ts'

import { makeAnchors } from './anchors.ts'
import manifest from './manifest.json' with { type: 'json' }
import { suppressOverlaps, type Detection } from './suppress-overlaps.ts'

const who = `[${manifest.id}]`
/** The graph's input is a square of this many pixels. */
const SIDE = 128
/** Centre, size and six keypoints, two numbers each. */
const BOX_VALUES = 16
const MAX_OVERLAP = 0.3
/** Raw scores are cut here before the sigmoid, as MediaPipe does, so that it can't overflow. */
const MAX_RAW_SCORE = 100

const Parameters = z.strictObject({
  /** Detections below this score are left out; 0.5 is MediaPipe's own default. */
  threshold: z.number().min(0.1).max(1).default(0.5),
})

/** How the original lies in the square: scaled by one factor and centred. */
interface Letterbox {
  image: Pick<Image, 'width' | 'height'>
  width: number
  height: number
  left: number
  top: number
}

const anchors = makeAnchors(SIDE)

export const codec = singleRun<Letterbox & { threshold: number }>({
  async encode({ bytes }, parameters) {
    const { threshold } = parseParameters(Parameters, parameters, manifest.id)
    const image = await decodeImage(bytes, who)
    const letterbox = fit(image)
    const scaled = await resizeImage(image, letterbox.width, letterbox.height)
    return {
      tensors: { 'input:0': toTensor(scaled, letterbox) },
      context: { ...letterbox, image: { width: image.width, height: image.height }, threshold },
    }
  },
  decode(outputs, context) {
    const found = suppressOverlaps(readDetections(outputs, context), MAX_OVERLAP)
    return found.map(({ score, box }) => ({ label: 'face', score, box }))
  },
})

function fit(image: Image): Letterbox {
  const scale = SIDE / Math.max(image.width, image.height)
  const width = Math.max(1, Math.round(image.width * scale))
  const height = Math.max(1, Math.round(image.height * scale))
  return { image, width, height, left: (SIDE - width) >> 1, top: (SIDE - height) >> 1 }
}

/** Rows of RGB in [-1, 1]; what the image doesn't cover is black, that is -1. */
function toTensor(
  { width, height, data }: Image,
  { left, top }: Letterbox,
): ReturnType<typeof fp32> {
  const values = new Float32Array(SIDE * SIDE * 3).fill(-1)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4
      const to = ((y + top) * SIDE + x + left) * 3
      for (let channel = 0; channel < 3; channel++) {
        values[to + channel] = (data[from + channel] ?? 0) / 127.5 - 1
      }
    }
  }
  return fp32(values, [1, SIDE, SIDE, 3])
}

/** The graph answers its two layers apart: 512 anchors, then 384. */
function readDetections(outputs: Tensors, context: Letterbox & { threshold: number }): Detection[] {
  const layers = [
    { scores: requireFp32(outputs, 'Identity:0'), boxes: requireFp32(outputs, 'Identity_2:0') },
    { scores: requireFp32(outputs, 'Identity_1:0'), boxes: requireFp32(outputs, 'Identity_3:0') },
  ]
  const detections: Detection[] = []
  let anchor = 0
  for (const { scores, boxes } of layers) {
    for (let i = 0; i < scores.length; i++, anchor++) {
      const raw = Math.max(-MAX_RAW_SCORE, Math.min(MAX_RAW_SCORE, scores[i] ?? 0))
      const score = 1 / (1 + Math.exp(-raw))
      if (score < context.threshold) continue
      detections.push({ score, box: toPixels(boxes, i * BOX_VALUES, anchor, context) })
    }
  }
  return detections
}

/** Offsets from the anchor, in pixels of the square → a box in pixels of the original, kept inside it. */
function toPixels(
  boxes: Float32Array,
  at: number,
  anchorIndex: number,
  { image, width, height, left, top }: Letterbox,
): Detection['box'] {
  const anchor = anchors[anchorIndex] ?? { x: 0, y: 0 }
  const [dx = 0, dy = 0, boxWidth = 0, boxHeight = 0] = boxes.subarray(at, at + 4)
  const [x, y] = [anchor.x * SIDE + dx, anchor.y * SIDE + dy]
  const toX = (value: number) => clamp(((value - left) * image.width) / width, image.width)
  const toY = (value: number) => clamp(((value - top) * image.height) / height, image.height)
  return {
    xmin: toX(x - boxWidth / 2),
    ymin: toY(y - boxHeight / 2),
    xmax: toX(x + boxWidth / 2),
    ymax: toY(y + boxHeight / 2),
  }
}

function clamp(value: number, max: number): number {
  return Math.round(Math.max(0, Math.min(max, value)))
}
