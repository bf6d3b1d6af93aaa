import { z } from 'zod'

import type { RegisteredManifest } from '#shared/remote-manifest.ts'

const TIMEOUT_MS = 30_000

const Deployments = z.object({
  deployments: z.array(z.object({ id: z.string(), modelId: z.string(), node: z.string() })),
})

const Verification = z.object({
  state: z.enum(['pending', 'passed', 'failed', 'unverifiable']),
  detail: z.string().nullable(),
  note: z.string().nullable(),
  checkedAt: z.number().nullable(),
})
type Verification = z.infer<typeof Verification>

const VerifiedDeployment = z.object({ id: z.string(), verification: Verification })
type VerifiedDeployment = z.infer<typeof VerifiedDeployment>

export interface DeploymentRequest {
  model: string
  version: string
  node: string
  placement: 'edge' | 'native'
  transport: 'binding' | 'http' | 'oip'
  target: string
  /** `false`: a server over `oip` isn't asked for the model first. */
  verify?: boolean
  /** Believed as it is given; else the deployment takes traffic once it says that it is ready. */
  state?: 'ready'
}

/** The router's admin API, as `npm start` and the tests use it. */
export class AdminClient {
  readonly #url: string
  readonly #key: string

  constructor(url: string, key: string) {
    this.#url = url
    this.#key = key
  }

  /** Registers a model; one whose manifest changed under the same version is replaced, as it would be in development. */
  async putModel(manifest: RegisteredManifest, artefacts: Record<string, string>): Promise<void> {
    const body = { manifest, artefacts }
    const response = await this.#send('POST', '/admin/models', body)
    if (response.status !== 409) return expectOk(response)
    await this.deleteModel(manifest.id)
    await expectOk(await this.#send('POST', '/admin/models', body))
  }

  /** Removes a model with all its versions and deployments. */
  async deleteModel(id: string): Promise<void> {
    const { deployments } = await this.deployments()
    for (const own of deployments.filter(({ modelId }) => modelId === id)) {
      await this.deleteDeployment(own.id)
    }
    await expectOk(await this.#send('DELETE', `/admin/models/${id}`))
  }

  /** A file that an example of the model names by its SHA-256. */
  async putExampleFile(
    { id, version }: Pick<RegisteredManifest, 'id' | 'version'>,
    sha256: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const path = `/admin/models/${id}/versions/${version}/examples/${sha256}`
    await expectOk(await this.#send('PUT', path, bytes))
  }

  async putDeployment(deployment: DeploymentRequest): Promise<VerifiedDeployment> {
    const response = await this.#send('POST', '/admin/deployments', deployment)
    await expectOk(response.clone())
    return VerifiedDeployment.parse(await response.json())
  }

  /** Runs the examples of a deployment now. */
  async verify(deploymentId: string): Promise<Verification> {
    const response = await this.#send('POST', '/admin/verifications', {
      deployment: deploymentId,
    })
    await expectOk(response.clone())
    return z.object({ verification: Verification }).parse(await response.json()).verification
  }

  async deployments(): Promise<z.infer<typeof Deployments>> {
    const response = await this.#send('GET', '/admin/deployments')
    await expectOk(response.clone())
    return Deployments.parse(await response.json())
  }

  /** At once: requests on their way may meet a node that is stopped meanwhile, and go on to another. */
  async deleteDeployment(id: string): Promise<void> {
    await expectOk(await this.#send('DELETE', `/admin/deployments/${id}?now=true`))
  }

  async createKey(
    name: string,
    scopes: ('infer' | 'register' | 'metrics' | 'admin')[],
    expiresInSeconds?: number,
  ): Promise<{ id: string; key: string }> {
    const response = await this.#send('POST', '/admin/keys', {
      name,
      scopes,
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    })
    await expectOk(response.clone())
    return z.object({ id: z.string(), key: z.string() }).parse(await response.json())
  }

  async revokeKey(id: string): Promise<void> {
    await expectOk(await this.#send('DELETE', `/admin/keys/${id}`))
  }

  #send(method: string, path: string, body?: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      body: body === undefined ? null : body instanceof Uint8Array ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  }
}

async function expectOk(response: Response): Promise<void> {
  if (!response.ok)
    throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
}
