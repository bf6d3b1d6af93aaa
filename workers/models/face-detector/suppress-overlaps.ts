/** A rectangle in pixels. */
export interface Box {
  xmin: number
  ymin: number
  xmax: number
  ymax: number
}

export interface Detection {
  score: number
  box: Box
}

/** Non-maximum suppression: keeps the best of detections that overlap by more than `maxOverlap` (intersection over union). */
export function suppressOverlaps(
  detections: readonly Detection[],
  maxOverlap: number,
): Detection[] {
  const kept: Detection[] = []
  for (const detection of detections.toSorted((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => overlap(box, detection.box) <= maxOverlap)) kept.push(detection)
  }
  return kept
}

/** Intersection over union. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin)
  const height = Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (area(a) + area(b) - shared)
}

function area({ xmin, ymin, xmax, ymax }: Box): number {
  return Math.max(0, xmax - xmin) * Math.max(0, ymax - ymin)
}
