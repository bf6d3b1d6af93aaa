import type { LeaseRow } from '../leases/lease-board.ts'
import type { RegistrySource } from './registry.ts'
import { rows } from './registry-fixture.ts'
import { compileSnapshot } from './snapshot.ts'

/** D1 as far as the registry sees it, for tests: a counter and a snapshot, which can fail or be slow. */
export class SlowRegistrySource implements RegistrySource {
  version = 1
  versionReads = 0
  leases: LeaseRow[] = []
  snapshotReads = 0
  /** What a read waits for before it takes what is stored, or after. */
  before: () => Promise<void> = async () => {}
  after: () => Promise<void> = async () => {}

  async readVersion() {
    this.versionReads++
    const { version } = this
    await this.before()
    return version
  }

  async readLeases(after: number) {
    return this.leases.filter(({ id }) => id > after)
  }

  async readSnapshot() {
    this.snapshotReads++
    await this.before()
    const read = compileSnapshot(rows({ version: this.version }))
    await this.after()
    return read
  }
}
