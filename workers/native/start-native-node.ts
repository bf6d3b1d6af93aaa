import type { AddressInfo } from 'node:net'

import { serve, type ServerType } from '@hono/node-server'

import { runtime } from '#onnx'
import { log } from '#shared/log.ts'

import { createNativeApp } from './app.ts'
import type { Config } from './config.ts'
import { loadModels } from './load-models.ts'
import { createMetrics } from './metrics.ts'
import { readModelFolders, type ModelFolder } from './model-folders.ts'
import { Registration } from './registration.ts'
import { createTracer } from './tracer.ts'
import { logAdmission, logRuns } from './work-log.ts'
import { WorkQueue } from './work-queue.ts'

export interface NativeNode {
  url: string
  /** Leaves the router's registry, refuses new work, finishes what was taken, then closes. */
  stop(): Promise<void>
}

/** Loads the models, listens, and resolves when the node answers. Throws when the port is taken or a model isn't built. */
export async function startNativeNode(config: Config): Promise<NativeNode> {
  const queue = new WorkQueue({ concurrency: config.concurrency, capacity: config.queue })
  const folders = readModelFolders(config.modelsDir, config.modelIds).filter(({ manifest }) =>
    manifest.placement.includes('native'),
  )
  const { artefactsDir, otlpEndpoint: endpoint, otlpHeaders: headers, nodeId } = config
  const tracer = endpoint === undefined ? undefined : createTracer({ endpoint, headers, nodeId })
  const admitFor = (id: string) => queue.admitFor(id)
  // what is not traced costs nothing
  const models = tracer
    ? await loadModels(folders, artefactsDir, (id) => logAdmission(admitFor(id)), logRuns(runtime))
    : await loadModels(folders, artefactsDir, admitFor)
  let accepting = true
  const app = createNativeApp({
    config,
    models,
    metrics: createMetrics(queue),
    tracer,
    accepting: () => accepting,
  })
  const server = await listen(app.fetch, config)
  const url = `http://${config.host}:${portOf(server)}`
  log.info('listening', { url, node: config.nodeId, models: folders.map(({ id }) => id).join(',') })
  const registration = createRegistration(config, url, folders)
  registration?.start()

  return {
    url,
    async stop() {
      // still serving, until the router knows
      await registration?.leave()
      accepting = false
      queue.close()
      log.info('stopping', { running: queue.running, waiting: queue.waiting })
      await queue.drained()
      await tracer?.flush()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        // keep-alive connections without a request would hold the server open
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      })
    },
  }
}

/** Undefined where somebody else registers this node. */
function createRegistration(
  { routerUrl, registerKey: key, publicUrl, leaseSeconds, nodeId }: Config,
  listensAt: string,
  folders: readonly ModelFolder[],
): Registration | undefined {
  if (routerUrl === undefined || key === undefined) return undefined
  return new Registration({
    routerUrl,
    key,
    leaseSeconds,
    nodeId,
    publicUrl: publicUrl ?? listensAt,
    models: folders.map(({ manifest: { id, version } }) => ({ id, version })),
  })
}

function listen(fetch: Parameters<typeof serve>[0]['fetch'], config: Config): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: config.host, port: config.port }, () => resolve(server))
    server.once('error', (err: NodeJS.ErrnoException) => {
      reject(
        err.code === 'EADDRINUSE'
          ? new Error(`port ${config.port} on ${config.host} is taken: choose another with PORT`, {
              cause: err,
            })
          : err,
      )
    })
  })
}

function portOf(server: ServerType): number {
  // as: address() is a string only for a pipe, and we listen on a port
  return (server.address() as AddressInfo).port
}
