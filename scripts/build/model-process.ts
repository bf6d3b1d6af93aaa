import { fork } from 'node:child_process'
import { join } from 'node:path'

import type { CalibrateRequest } from './calibrate/calibrate-model.ts'
import type { Calibration } from './calibrate/calibration.ts'
import type { CompareRequest, Comparison } from './cut/compare-runtimes.ts'
import { BuildError } from './build-error.ts'

/** What both tasks need to drive a model's codec before its artefacts are in their place. */
export interface ModelProcessRequest {
  modelsDir: string
  id: string
  /** Folder of the assets that the codec imports, and of what the graphs are converted from. */
  sourceDir: string
  /** Folder of `<graph>.onnx` before optimising. */
  convertedDir: string
  /** Folder of `<graph>.ort`. */
  optimisedDir: string
  graphs: readonly string[]
  cacheDir: string
}

export interface Tasks {
  calibrate: { request: CalibrateRequest; result: Calibration }
  compare: { request: CompareRequest; result: Comparison }
}

/** What the process sends back. */
export type Reply<T> =
  | { type: 'log'; message: string }
  | { type: 'result'; result: T }
  /** `expected` is a message for the person who builds, as of BuildError. */
  | { type: 'failure'; message: string; expected: boolean }

/**
 * Runs a task in a Node process of its own: a codec imports its assets once a process, and a runtime
 * that aborts must not take the build along.
 */
export function inModelProcess<Name extends keyof Tasks>(
  task: Name,
  request: Tasks[Name]['request'],
  log: (message: string) => void,
): Promise<Tasks[Name]['result']> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'model-process-main.ts'), {
      serialization: 'advanced', // infinities and typed arrays
      execArgv: [],
    })
    let reply: Reply<Tasks[Name]['result']> | undefined
    child.on('message', (message: Reply<Tasks[Name]['result']>) => {
      if (message.type === 'log') log(message.message)
      else reply = message
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (reply?.type === 'result') resolve(reply.result)
      else if (reply?.type === 'failure')
        reject(reply.expected ? new BuildError(reply.message) : new Error(reply.message))
      else
        reject(
          new BuildError(
            `[${request.id}] the process that runs its examples ended with ${signal ?? code}; ` +
              'a graph that needs more memory than there is does that',
          ),
        )
    })
    child.send({ task, request })
  })
}
