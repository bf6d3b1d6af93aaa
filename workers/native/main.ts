/** The native node as a process: `npm run dev:native`. Settings come from the environment (config.ts). */
import { log } from '#shared/log.ts'

import { parseConfig } from './config.ts'
import { startNativeNode } from './start-native-node.ts'

try {
  const config = parseConfig(process.env)
  const node = await startNativeNode(config)
  const stop = () => void node.stop().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  if (config.stopWithStdin) process.stdin.resume().once('end', stop)
} catch (err) {
  log.error('start_failed', { message: err instanceof Error ? err.message : String(err) })
  process.exitCode = 1
}
