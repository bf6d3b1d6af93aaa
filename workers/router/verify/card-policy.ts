import { z } from 'zod'

import { log } from '#shared/log.ts'

import type { CardSettings } from '../env.ts'

/**
 * `required`: a deployment takes traffic once it has passed its examples. `lenient`: until it fails them.
 * `off`: whatever comes of them, and nobody runs them but by hand.
 */
export const VerificationMode = z.enum(['required', 'lenient', 'off'])
export type VerificationMode = z.infer<typeof VerificationMode>

/** How much the mesh believes of a card. */
export interface CardPolicy {
  verification: VerificationMode
  /** A measurement older than this says little: the model or its node may have changed. */
  measurementsLastMs: number
}

export const DEFAULT_CARD_POLICY: CardPolicy = {
  verification: 'lenient',
  measurementsLastMs: 7 * 24 * 3600 * 1000,
}

const Seconds = z.coerce
  .number()
  .min(1)
  .max(10 * 365 * 24 * 3600)

/** The router's settings, read. One that can't be read is logged and counts as the strictest. */
export function cardPolicy({ VERIFICATION, MEASUREMENTS_LAST_S }: CardSettings): CardPolicy {
  const { verification, measurementsLastMs } = DEFAULT_CARD_POLICY
  return {
    verification:
      VERIFICATION === undefined
        ? verification
        : read('VERIFICATION', VerificationMode, VERIFICATION, 'required'),
    measurementsLastMs:
      MEASUREMENTS_LAST_S === undefined
        ? measurementsLastMs
        : read('MEASUREMENTS_LAST_S', Seconds, MEASUREMENTS_LAST_S, 1) * 1000,
  }
}

function read<T>(name: string, schema: z.ZodType<T>, value: string, strictest: T): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  log.error('setting_unreadable', { name, message: z.prettifyError(parsed.error) })
  return strictest
}
