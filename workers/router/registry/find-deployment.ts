import { byId } from '../matching/offer.ts'
import { findSorted } from './merge-sorted.ts'
import type { Deployment, Snapshot } from './snapshot.ts'

/** The deployment of that id, among all of a snapshot. */
export function findDeployment(
  { deployments }: Pick<Snapshot, 'deployments'>,
  id: string,
): Deployment | undefined {
  return findSorted(deployments, { id }, byId)
}
