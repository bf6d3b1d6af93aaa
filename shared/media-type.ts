/** The media type of a content-type header, without its parameters. */
export function mediaTypeOf(headers: Headers): string {
  return ((headers.get('content-type') ?? '').split(';')[0] ?? '').trim().toLowerCase()
}
