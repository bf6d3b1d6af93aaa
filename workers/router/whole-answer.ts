import { readBody } from '#shared/read-body.ts'

import type { NodeAnswer } from './door.ts'

/**
 * An answer that is read here and not only passed on. Throws `payload_too_large` beyond `limit` bytes.
 *
 * @param who prefix of the message
 */
export async function wholeAnswer(
  { body }: Pick<NodeAnswer, 'body'>,
  limit: number,
  who: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return body
  return new Uint8Array(await readBody({ headers: new Headers(), body }, limit, who))
}
