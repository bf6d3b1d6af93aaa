import type { Match } from '../matching/match.ts'
import { candidateOf, type Offer } from '../matching/offer.ts'
import { drawByWeight } from '../matching/weighted-list.ts'
import type { HealthBoard } from '../resilience/health-board.ts'
import type { Candidate } from '../registry/snapshot.ts'
import { scoreOf, scoreVersion, type Score, type ScoreContext, type VersionScore } from './score.ts'

/** A request tries at most this many deployments of one place: the rest would fare no better. */
const MAX_CANDIDATES_PER_POOL = 8
/** Where there are many places, fewer of each: each attempt halves the time that is left. */
const ENOUGH_CANDIDATES = 16
/** Power of two choices. */
const MIN_CANDIDATES_PER_POOL = 2
/** How often the slower of two goes first all the same: it may no longer be so, and else nobody would see. */
const TRIED_ANYWAY = 0.01
/** Of one capability's models and places; more are not compared for one request, but chance says which. */
const MAX_POOLS = 64

export interface RankContext extends ScoreContext {
  board: HealthBoard
  random(): number
}

export interface Ranked {
  candidate: Candidate
  score: Score
}

/**
 * The deployments to try, best first. Of each pool a few are drawn by weight, and of the first two the
 * better one nearly always goes first (power of two choices: no crowd runs to the single best). Those come first, by score;
 * the others follow for when they fail, and what probes can't reach comes last. Whose lease is over is no choice.
 */
export function rank(matches: readonly Match[], context: RankContext): Ranked[] {
  const ofEach = Math.min(
    MAX_CANDIDATES_PER_POOL,
    Math.max(MIN_CANDIDATES_PER_POOL, Math.ceil(ENOUGH_CANDIDATES / matches.length)),
  )
  let compared = 0
  const isLive = context.board.leases.liveAt(context.now)
  const firsts: Ranked[] = []
  const others: Ranked[] = []
  const versions = new Map<Offer, VersionScore>()
  const ofVersion = (offer: Offer) => {
    const known = versions.get(offer) ?? scoreVersion(offer.measured, context)
    versions.set(offer, known)
    return known
  }
  for (const { offer, pool } of inFairOrder(matches, context.random)) {
    if (compared === MAX_POOLS) break
    const drawn = drawByWeight(pool.list, ofEach, context.random, isLive).map((own): Ranked => ({
      candidate: candidateOf(offer, own),
      score: scoreOf(own, ofVersion(offer), context.board.find(own), context),
    }))
    const [one, two] = drawn
    if (one) compared++
    const better = one && two ? betterOf(one, two, context.random) : one
    for (const own of drawn) (own === better && pool.reachable ? firsts : others).push(own)
  }
  return [...firsts.toSorted(byScore), ...others.toSorted(byScore)]
}

function betterOf(one: Ranked, two: Ranked, random: () => number): Ranked {
  if (two.score.total <= one.score.total) return one
  // what costs more, or was measured to contradict its card, stays the worse one
  const [own, other] = [one.score.terms, two.score.terms]
  const isOnlySlow = one.score.fits && own.proof >= other.proof && own.thrift >= other.thrift
  return isOnlySlow && random() < TRIED_ANYWAY ? one : two
}

/**
 * Where not all can be compared, from a place that chance chooses, and what probes can't reach last: else who
 * registers very many places, were they nowhere, would keep all others from being compared.
 */
function inFairOrder(matches: readonly Match[], random: () => number): readonly Match[] {
  if (matches.length <= MAX_POOLS) return matches
  const start = Math.floor(random() * matches.length)
  const turned = [...matches.slice(start), ...matches.slice(0, start)]
  const isReachable = ({ pool }: Match) => pool.reachable
  return [...turned.filter(isReachable), ...turned.filter((own) => !isReachable(own))]
}

function byScore(a: Ranked, b: Ranked): number {
  return b.score.total - a.score.total
}
