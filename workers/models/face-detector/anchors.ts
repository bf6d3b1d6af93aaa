/** The centre of a cell of the detector's grid, in shares of the image. */
export interface Anchor {
  x: number
  y: number
}

/** BlazeFace's front model: strides of 8 and 16 pixels, with 2 and 6 anchors a cell (Bazarevsky et al., 2019). */
const LAYERS = [
  { stride: 8, perCell: 2 },
  { stride: 16, perCell: 6 },
] as const

/** The anchors of a square input, in the order of the graph's rows: 896 of them for 128 pixels. */
export function makeAnchors(side: number): Anchor[] {
  return LAYERS.flatMap(({ stride, perCell }) => {
    const cells = side / stride
    return Array.from({ length: cells * cells * perCell }, (_, i) => {
      const cell = Math.floor(i / perCell)
      return { x: ((cell % cells) + 0.5) / cells, y: (Math.floor(cell / cells) + 0.5) / cells }
    })
  })
}
