import type { Door, NodeAnswer } from '../door.ts'

/** A golden example as it is sent to a node, and what must come back. */
export interface ExampleCall {
  door: Door
  headers: Readonly<Record<string, string>>
  body: Uint8Array
  expected: unknown
  /** As the manifest's example has it. */
  tolerance: number
  /** What of the node's answer is compared with `expected`. Throws when it is none. */
  read(answer: Pick<NodeAnswer, 'contentType'>, bytes: Uint8Array<ArrayBuffer>): unknown
}

/** A golden example of a card. Its files are read when it is its turn, so that no more than one's are held. */
export interface GoldenExample {
  name: string
  /** Throws MeshError `not_found` when a file of it has not been uploaded. */
  prepare(): Promise<ExampleCall>
}
