import { readBody } from '#shared/read-body.ts'

import type { NodeAnswer } from './door.ts'

/**
 * An answer that is read here and not only passed on. Throws `payload_too_large` when more than `limit` bytes of it come;
 * one that is held already is small.
 *
 * @param who prefix of the message
 */
export async function wholeAnswer(
  { body }: Pick<NodeAnswer, 'body'>,
  limit: number,
  who: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return body
  return readBody({ headers: new Headers(), body }, limit, who)
}
