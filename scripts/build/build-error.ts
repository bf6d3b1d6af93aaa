/** An expected failure of the build: its message is for the person who builds and says what to do. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
}
