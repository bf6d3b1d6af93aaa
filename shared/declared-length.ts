/** A number of more digits may be infinite, and no body has that many bytes. */
const LENGTH = /^\d{1,15}$/

/** The bytes that `content-length` says the body has; undefined where it says nothing, or no whole number that can be meant. */
export function declaredLength(headers: Headers): number | undefined {
  const length = headers.get('content-length')
  return length !== null && LENGTH.test(length) ? Number(length) : undefined
}
