import type { Snapshot } from '../registry/snapshot.ts'

/** A part of an OpenAPI document: an object of OpenAPI's own making. */
export type Part = Readonly<Record<string, unknown>>

/** Path items by path: those of one protocol or one concern. */
export type PathGroup = (
  snapshot: Pick<Snapshot, 'capabilities' | 'versions'>,
) => Record<string, Part>
