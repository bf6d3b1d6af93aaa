import type { TensorSpec } from '#shared/manifest.ts'

import type { DoorName } from '../door.ts'

/** What a request has and wants, as far as it says. What it leaves out fits every model. */
export interface Needs {
  door: DoorName
  /** A model at any version, or at this one. */
  model?: string | undefined
  version?: string | undefined

  /** Of the body; JSON says nothing of what is in it. */
  mediaType?: string | undefined
  /** Bytes of a body that is media itself. */
  bytes?: number | undefined
  /** Tensors as they are, with no dimension left open. */
  tensors?: readonly TensorSpec[] | undefined
  /** A BCP 47 tag; its first part counts. */
  language?: string | undefined

  /** Media type of the answer. */
  produces?: string | undefined
  /** Of one of the model's output tensors; -1 fits any dimension. */
  shape?: readonly number[] | undefined
  /** Labels that the answer must be able to be. */
  labels?: readonly string[] | undefined
  /** As measured by the mesh, 0 to 1; a claim doesn't count. */
  minAccuracy?: number | undefined
  /** What was measured before doesn't count, in ms since the epoch. */
  measuredSince?: number | undefined

  /** `edge-only`: nor may the input leave the edge of this account, were the edge to fail. */
  placement: 'edge' | 'native' | 'any' | 'edge-only'
  region?: string | undefined
}
