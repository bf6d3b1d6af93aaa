import type { IsolateState } from '../isolate-state.ts'
import type { Metric, Sample } from './prometheus/metric.ts'
import { createReading } from './prometheus/reading.ts'
import { OF_ISOLATE } from './router-metrics.ts'

export interface IsolateParts extends Pick<
  IsolateState,
  'registry' | 'board' | 'load' | 'answers'
> {
  /** What leaves behind requests, by name. */
  outboxes: Readonly<Record<string, { lost: number }>>
}

/** Every state is told, so that an alert sees 0 and not a gap. */
const BREAKER_STATES = ['closed', 'half-open', 'open'] as const

/** What an isolate knows of itself without counting. */
export function isolateReadings({
  registry,
  board,
  load,
  answers,
  outboxes,
}: IsolateParts): Metric[] {
  return [
    createReading({
      name: 'mesh_breaker_state',
      help: `Deployments by model and state of their circuit breaker ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => breakerStates(board, Date.now()),
    }),
    createReading({
      name: 'mesh_ejected_deployments',
      help: `Deployments left out because they fail more often than others of their model ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => {
        const now = Date.now()
        return Array.from(board.entries()).filter(({ health }) => health.isEjected(now)).length
      },
    }),
    createReading({
      name: 'mesh_leased_deployments',
      help: `Deployments that renew a lease, by whether it is good or over ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => leaseStates(registry, Date.now()),
    }),
    createReading({
      name: 'mesh_unreachable_deployments',
      help: `Deployments that probes cannot reach, which are asked last ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => registry.known?.deployments.filter((own) => own.unreachableSince !== null).length,
    }),
    createReading({
      name: 'mesh_calls_in_flight',
      help: `Calls of deployments on their way ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => Array.from(board.entries()).reduce((sum, own) => sum + own.health.inFlight, 0),
    }),
    createReading({
      name: 'mesh_requests_in_flight',
      help: `Requests for an inference that are on their way ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => load.underway,
    }),
    createReading({
      name: 'mesh_cache_bytes',
      help: `Bytes of answers kept ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => answers.answers.bytes,
    }),
    createReading({
      name: 'mesh_registry_age_seconds',
      help: `Time since the snapshot of the registry was last confirmed ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => registry.age && registry.age / 1_000,
    }),
    createReading({
      name: 'mesh_registry_version',
      help: `Version of the snapshot of the registry ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => registry.version,
    }),
    createReading({
      name: 'mesh_registry_failing',
      help: `1 while the registry cannot be read and the last snapshot is used ${OF_ISOLATE}`,
      type: 'gauge',
      read: () => Number(registry.failing),
    }),
    createReading({
      name: 'mesh_observations_lost_total',
      help: `Decisions, spans and evidence of rollouts that were made and could not be delivered ${OF_ISOLATE}`,
      type: 'counter',
      read: () =>
        Object.entries(outboxes).map(([kind, { lost }]) => ({ labels: { kind }, value: lost })),
    }),
  ]
}

function leaseStates({ known, leases }: IsolateState['registry'], now: number): Sample[] {
  const leased = known?.deployments.filter(({ leaseSeconds }) => leaseSeconds !== null) ?? []
  const good = leased.filter(leases.liveAt(now)).length
  return [
    { labels: { state: 'good' }, value: good },
    { labels: { state: 'over' }, value: leased.length - good },
  ]
}

function breakerStates(board: IsolateState['board'], now: number): Sample[] {
  const byModel = Map.groupBy(board.entries(), ({ model }) => model)
  return Array.from(byModel).flatMap(([model, entries]) =>
    BREAKER_STATES.map((state) => ({
      labels: { model, state },
      value: entries.filter(({ health }) => health.breaker.state(now) === state).length,
    })),
  )
}
