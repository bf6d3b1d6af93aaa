/** Pixels row by row, four bytes each: red, green, blue, and alpha, which is always 255 here. */
export interface Image {
  width: number
  height: number
  data: Uint8ClampedArray<ArrayBuffer>
}

/**
 * The most pixels an image may have. Six megapixels are 24 MB as RGBA, once in the decoder and once
 * out of it; with the model's runtime that stays well inside an isolate's 128 MB.
 */
export const MAX_IMAGE_PIXELS = 6_000_000
