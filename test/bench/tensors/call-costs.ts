import autocannon from 'autocannon'

import { quantile, timeAlternating } from '../timing.ts'
import { BODIES, VALUES, type TensorBody } from './tensor-bodies.ts'

const CALLS = 60
const CONNECTIONS = 4
/** Each body of each server has as many turns, of as many seconds. */
const TURNS = 3
const SECONDS = 4

export interface TensorServer {
  name: string
  /** Where its inference is. */
  url: string
  headers: Readonly<Record<string, string>>
}

/** What a call takes with JSON and with binary tensors, and how many a second can be had, of each server. */
export async function callCosts(servers: readonly TensorServer[]): Promise<string[]> {
  const cases = servers.flatMap((server) => BODIES.map((body) => ({ server, body })))
  for (const { server, body } of cases) await requireSameTensor(server, body)
  const times = await timeAlternating(
    CALLS,
    cases.map(({ server, body }) => async () => {
      await (await post(server, body)).arrayBuffer()
    }),
  )
  const rates: number[][] = cases.map(() => [])
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, { server, body }] of cases.entries()) {
      rates[i]?.push(await requestsPerSecond(server, body))
    }
  }
  const medians = cases.map((_, i) => ({
    p50: quantile(times[i] ?? [], 0.5),
    rate: quantile(rates[i] ?? [], 0.5),
  }))
  const rows = servers.map(({ name }, i) => {
    const [json, binary] = [medians[2 * i], medians[2 * i + 1]]
    if (!json || !binary) throw new Error(`${name} was not measured`)
    return (
      `| ${name} | ${json.p50.toFixed(1)} | ${binary.p50.toFixed(1)} | ${json.rate.toFixed(1)} | ${binary.rate.toFixed(1)} ` +
      `| **${(binary.rate / json.rate).toFixed(1)}** |`
    )
  })
  const [jsonBody, binaryBody] = BODIES.map(({ body }) => (body.byteLength / 1e6).toFixed(2))
  return [
    `The same 1×3×224×224 FP32 tensor there and back: ${jsonBody} MB as JSON, ${binaryBody} MB as binary. The graph answers what it gets, so that ` +
      `what is measured is the protocol and the way, not a model. p50 of ${CALLS} calls one after the other; requests a second of ${CONNECTIONS} connections, ` +
      `median of ${TURNS} turns of ${SECONDS} s, on the same two cores. Reach: binary ≥ 5 times the throughput of JSON.`,
    '',
    '| server | JSON p50 ms | binary p50 ms | JSON requests/s | binary requests/s | binary to JSON |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ]
}

function post({ url, headers }: TensorServer, body: TensorBody): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, ...body.headers },
    body: new Uint8Array(body.body),
  })
}

/** A server that is quick because it answers something else would spoil the figures. */
async function requireSameTensor(server: TensorServer, body: TensorBody): Promise<void> {
  const response = await post(server, body)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const header = response.headers.get('inference-header-content-length')
  if (response.status !== 200 || (header !== null) !== (body.name === 'binary')) {
    throw new Error(`${server.name} answered ${response.status} to the ${body.name} request`)
  }
  const values =
    header === null
      ? Float32Array.from(jsonValues(bytes))
      : new Float32Array(bytes.slice(Number(header)).buffer)
  if (values.length !== VALUES.length || values.some((value, i) => value !== VALUES[i])) {
    throw new Error(`${server.name} answered another tensor to the ${body.name} request`)
  }
}

function jsonValues(bytes: Uint8Array): number[] {
  // as: checked number by number against what was sent
  const answer = JSON.parse(new TextDecoder().decode(bytes)) as { outputs: [{ data: number[] }] }
  return answer.outputs[0].data
}

async function requestsPerSecond(server: TensorServer, body: TensorBody): Promise<number> {
  const result = await autocannon({
    url: server.url,
    method: 'POST',
    headers: { ...server.headers, ...body.headers },
    body: Buffer.from(body.body),
    connections: CONNECTIONS,
    duration: SECONDS,
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${server.name} refused ${result.non2xx + result.errors} ${body.name} requests`)
  }
  return result['2xx'] / result.duration
}
