import type { Problem } from '#shared/problem.ts'

import type { receiveAnswer } from './dispatch/receive-answer.ts'
import type { Candidate, Deployment } from './registry/snapshot.ts'

/** What goes back to the caller as the node said it. */
export interface NodeAnswer {
  contentType: string
  /** Of the node's headers, those that belong to the answer. */
  headers: Readonly<Record<string, string>>
  body: Awaited<ReturnType<typeof receiveAnswer>>
  /** Names the answer for as long as input and model stay the same (RFC 9110 §8.8.3). */
  etag?: string
}

export type DoorName = 'task' | 'tensor'

/** One of the two addresses that a node has for each model: task level and tensor level. */
export interface Door {
  name: DoorName
  /** Whether the router may keep answers: what comes through depends on model and input alone. */
  kept: boolean
  /** The path at the node. */
  path(deployment: Deployment): string
  /** Reads an answer with status 200. Throws MeshError `bad_gateway` when it can't be one of this door. */
  accept(response: Response, candidate: Candidate): Promise<NodeAnswer>
  /** Reads any other answer; undefined when nothing that speaks the protocol can have sent it. */
  readProblem(response: Response, candidate: Candidate): Promise<Problem | undefined>
}
