/** The native node as a process: `npm run dev:native`. Settings come from the environment (config.ts). */
import { log } from '#shared/log.ts'

import { parseConfig } from './config.ts'
import { startNativeNode } from './start-native-node.ts'

try {
  const node = await startNativeNode(parseConfig(process.env))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void node.stop().then(() => process.exit(0))
    })
  }
} catch (err) {
  log.error('start_failed', { message: err instanceof Error ? err.message : String(err) })
  process.exitCode = 1
}
