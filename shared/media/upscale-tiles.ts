import { MeshError } from '#shared/mesh-error.ts'

import type { Pixels } from './encode-png.ts'
import type { Image } from './image.ts'

/** How a picture is cut. What a tile keeps of itself is at least `margin` away from where it was cut off. */
export interface Tiling {
  /** How many times wider and higher the result is. */
  factor: number
  /** Longest side of a tile. */
  side: number
  /** As far as a graph looks around a pixel, or less if a seam is not to be seen; less than half a side. */
  margin: number
  /**
   * How far the picture's edge is repeated around it; at most `margin`. Without it a graph that pads with
   * black draws a faint dark line along the edge.
   */
  frame: number
}

/** A tile's red, green and blue, 0 to 255, row by row → the same, `factor` times wider and higher. */
export type UpscaleTile = (
  rgb: Float32Array,
  width: number,
  height: number,
) => Promise<Float32Array>

/**
 * Enlarges a picture of any size tile by tile, so that memory is bounded by the tile. All tiles of a
 * picture have one shape: the runtime arranges its memory once.
 */
export async function upscaleTiles(
  image: Image,
  { factor, ...tiling }: Tiling,
  upscale: UpscaleTile,
): Promise<Pixels> {
  const columns = spansOf(image.width, tiling)
  const rows = spansOf(image.height, tiling)
  const result: Pixels = {
    width: image.width * factor,
    height: image.height * factor,
    channels: 3,
    data: new Uint8ClampedArray(image.width * factor * image.height * factor * 3),
  }
  for (const row of rows) {
    for (const column of columns) {
      const tile = await upscale(cutOut(image, column, row), column.size, row.size)
      const expected = column.size * row.size * factor * factor * 3
      if (tile.length !== expected) {
        throw new MeshError(
          'internal',
          `a tile of ${column.size}×${row.size} came back as ${tile.length} numbers, not ${expected}`,
        )
      }
      putIn(result, tile, factor, column, row)
      await pause()
    }
  }
  return result
}

/** How many pixels the graph is given for a picture: those of all its tiles, with what they share and the frame. */
export function tiledPixels(width: number, height: number, tiling: Tiling): number {
  const columns = tilesAlong(width, tiling)
  const rows = tilesAlong(height, tiling)
  return columns.count * columns.size * rows.count * rows.size
}

/** Along one axis: where a tile lies, and the part of it that is kept, in pixels of the picture; the frame is outside of it. */
interface Span {
  start: number
  size: number
  from: number
  to: number
}

type AxisTiling = Pick<Tiling, 'side' | 'margin' | 'frame'>

/** How many tiles there are along one axis, and how long each is. */
function tilesAlong(
  length: number,
  { side, margin, frame }: AxisTiling,
): { framed: number; size: number; count: number } {
  const framed = length + 2 * frame
  return {
    framed,
    size: Math.min(framed, side),
    count: Math.max(1, Math.ceil((framed - 2 * margin) / (side - 2 * margin))),
  }
}

/** Tiles spread evenly; two neighbours share what is between them in halves. */
function spansOf(length: number, tiling: AxisTiling): Span[] {
  const { framed, size, count } = tilesAlong(length, tiling)
  const gap = count === 1 ? 0 : (framed - size) / (count - 1)
  const starts = Array.from({ length: count }, (_, i) => Math.round(i * gap) - tiling.frame)
  const borders = starts.slice(1).map((start, i) => (start + (starts[i] ?? 0) + size) >> 1)
  return starts.map((start, i) => ({
    start,
    size,
    from: borders[i - 1] ?? 0,
    to: borders[i] ?? length,
  }))
}

/** What lies outside of the picture is as its nearest pixel. */
function cutOut({ width, height, data }: Image, column: Span, row: Span): Float32Array {
  const rgb = new Float32Array(column.size * row.size * 3)
  let at = 0
  for (let y = row.start; y < row.start + row.size; y++) {
    for (let x = column.start; x < column.start + column.size; x++) {
      const from = (within(y, height) * width + within(x, width)) * 4
      rgb[at++] = data[from] ?? 0
      rgb[at++] = data[from + 1] ?? 0
      rgb[at++] = data[from + 2] ?? 0
    }
  }
  return rgb
}

function within(at: number, length: number): number {
  return Math.max(0, Math.min(length - 1, at))
}

/** The array of the result rounds and clamps. */
function putIn(
  { width, data }: Pixels,
  tile: Float32Array,
  factor: number,
  column: Span,
  row: Span,
): void {
  const tileWidth = column.size * factor
  const kept = (column.to - column.from) * factor * 3
  for (let y = row.from * factor; y < row.to * factor; y++) {
    const from = ((y - row.start * factor) * tileWidth + (column.from - column.start) * factor) * 3
    data.set(tile.subarray(from, from + kept), (y * width + column.from * factor) * 3)
  }
}

/** Between two tiles others get their turn, and in a Worker the clock goes on, without which no deadline passes. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
