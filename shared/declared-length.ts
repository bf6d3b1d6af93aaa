/** The bytes that `content-length` says the body has; undefined where it says nothing, or no whole number. */
export function declaredLength(headers: Headers): number | undefined {
  const length = headers.get('content-length')
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined
}
