import { generateKeyPair, exportJWK } from 'jose'
import { z } from 'zod'

import { SIGNATURE_HEADER } from '#shared/protocol.ts'
import { signRequest } from '#shared/signed-request.ts'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { runNativeNode } from '../mesh/run-native-node.ts'

const Labels = z.array(z.looseObject({ label: z.string() })).min(1)
const TIMEOUT_MS = 60_000

export interface LabelledInput {
  text: string
  label: string
}

/** What the model answers to its golden inputs, by input: asked of the native node, once. */
export interface Recorded {
  inputs: readonly LabelledInput[]
  answers: ReadonlyMap<string, string>
}

export async function recordAnswers({ id, manifest }: ModelFolder): Promise<Recorded> {
  const inputs = manifest.examples.flatMap(({ input, expected }) => {
    const [first] = Labels.safeParse(expected).data ?? []
    return 'text' in input && first ? [{ text: input.text, label: first.label }] : []
  })
  const pair = await generateKeyPair('EdDSA', { extractable: true })
  const privateKey = JSON.stringify(await exportJWK(pair.privateKey))
  const node = await runNativeNode({
    ROUTER_PUBLIC_KEY: JSON.stringify(await exportJWK(pair.publicKey)),
    MODELS: id,
  })
  try {
    const path = `/models/${id}/versions/${manifest.version}`
    const answers = new Map<string, string>()
    for (const { text } of inputs) {
      const body = new TextEncoder().encode(text)
      const signature = await signRequest(
        { method: 'POST', path, body },
        { privateKey, audience: 'native' },
      )
      const response = await fetch(`${node.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain', [SIGNATURE_HEADER]: signature },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (!response.ok) throw new Error(`${id} answered ${response.status} to '${text}'`)
      answers.set(text, await response.text())
    }
    return { inputs, answers }
  } finally {
    await node.stop()
  }
}

/** The first label of an answer; undefined when it is none. */
export function labelOf(answer: unknown): string | undefined {
  return Labels.safeParse(answer).data?.[0]?.label
}
