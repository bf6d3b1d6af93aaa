import type { Subject } from './subject.ts'

/** Extensions that a server announces at GET /v2. */
export type Extension =
  | 'binary_tensor_data'
  | 'classification'
  | 'model_configuration'
  | 'model_repository'
  | 'parameters'
  | 'statistics'

/**
 * `required`: the specification has it. `client`: it doesn't, but a well-known client sends or reads it so.
 * An extension: must work where it is announced, else the check is skipped.
 */
export type Level = 'required' | 'client' | Extension

/**
 * One fact about a server of the Open Inference Protocol v2, seen from outside. A file of `checks/` exports a
 * list of them as `checks`; its name is the name of the group.
 */
export interface Check {
  /** What is so when it passes, as a sentence whose subject is the server. */
  title: string
  level: Level
  /** Returns when it is so. Throws Failed or Skipped. */
  run(subject: Subject): Promise<void>
}

/** The server does otherwise: what was expected, and what came. */
export class Failed extends Error {
  override readonly name = 'Failed'
}

/** It cannot be told of this server or this model; the message says why. */
export class Skipped extends Error {
  override readonly name = 'Skipped'
}

/** Throws Failed unless what is expected came. */
export function expectThat(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Failed(`expected ${expected}; came ${shorten(came)}`)
}

const MAX_SHOWN_CHARS = 300

function shorten(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
}
