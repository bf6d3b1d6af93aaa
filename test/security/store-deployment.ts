import type { TestRouter } from '../../workers/router/start-test-router.ts'

export interface StoredDeployment {
  model: string
  node: string
  transport: string
  target: string
}

/** Writes the only deployment there is straight into D1, as who got hold of the database would, and lets the router see it. */
export async function storeDeployment(
  router: TestRouter,
  { model, node, transport, target }: StoredDeployment,
): Promise<void> {
  const database = await router.database()
  await database.batch([
    database.prepare('DELETE FROM deployments'),
    database
      .prepare(
        `INSERT INTO deployments
          (id, model_id, version, node, placement, transport, target, weight, state, updated_at)
          VALUES (?, ?, '1', ?, 'native', ?, ?, 1, 'ready', 0)`,
      )
      .bind(`${model}@1/stored`, model, node, transport, target),
    database.prepare('UPDATE registry_meta SET version = version + 1'),
  ])
  // whoever changes anything sees what is stored
  await router.admin('POST', '/keys', { name: 'look', scopes: ['infer'] })
}
