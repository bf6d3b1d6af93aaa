/** Entry of the process that inModelProcess starts: one task, one answer, over IPC. */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { BuildError } from './build-error.ts'
import { calibrateModel } from './calibrate/calibrate-model.ts'
import { compareRuntimes } from './cut/compare-runtimes.ts'
import { imageModel } from './image/image-model.ts'
import type { Reply, Tasks } from './model-process.ts'

type Message = {
  [Name in keyof Tasks]: { task: Name; request: Tasks[Name]['request'] }
}[keyof Tasks]

process.once('message', (message: Message) => {
  serve(message).catch((err: unknown) => {
    const expected = err instanceof BuildError
    send({
      type: 'failure',
      expected,
      message: expected
        ? err.message
        : err instanceof Error
          ? (err.stack ?? err.message)
          : String(err),
    })
  })
})

async function serve(message: Message): Promise<void> {
  const { id, sourceDir } = message.request
  mapArtefacts(id, sourceDir)
  const log = (text: string) => send({ type: 'log', message: text })
  send({ type: 'result', result: await run(message, log) })
}

function run(
  { task, request }: Message,
  log: (text: string) => void,
): Promise<Tasks[keyof Tasks]['result']> {
  if (task === 'image') return imageModel(request)
  return task === 'calibrate' ? calibrateModel(request, log) : compareRuntimes(request)
}

/** The codec's `#artefacts/<id>/…` are those of this build, not those in place from the last. */
function mapArtefacts(id: string, dir: string): void {
  const prefix = `#artefacts/${id}/`
  registerHooks({
    resolve(specifier, context, next) {
      return specifier.startsWith(prefix)
        ? next(pathToFileURL(join(dir, specifier.slice(prefix.length))).href, context)
        : next(specifier, context)
    },
  })
}

function send(reply: Reply<Tasks[keyof Tasks]['result']>): void {
  // the process ends when its only message is through
  process.send?.(reply, () => {
    if (reply.type !== 'log') process.disconnect()
  })
}
