/**
 * Before each repetition, in ms: short enough for what blips, a Worker that is replaced or a connection
 * that was cut, and over in a second, so that what is down for long is soon told.
 */
const PAUSES_MS = [250, 750]
/** As gRPC does (its retry design, A6): callers that failed together must not return together. */
const JITTER = 0.2

/** How long to wait before what could not be reached is asked once more; undefined when it was asked often enough. */
export function pauseBefore(repetition: number, random: () => number): number | undefined {
  const pause = PAUSES_MS[repetition]
  return pause === undefined ? undefined : pause * (1 + JITTER * (2 * random() - 1))
}
