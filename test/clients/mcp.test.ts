/** The Model Context Protocol's own clients, in the revisions they speak, against the router. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, inject, test } from 'vitest'
import { z } from 'zod'

import { MODELS_DIR } from '../../scripts/paths.ts'
import { readModelFolders } from '../../workers/native/model-folders.ts'

const mesh = inject('mesh')
const endpoint = new URL('/mcp', mesh.url)
const IDENTITY = { name: 'test', version: '1.0.0' }
const LANGUAGE = 'text-classification_language'

const ToolResult = z.looseObject({
  isError: z.boolean().optional(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  _meta: z.record(z.string(), z.unknown()).optional(),
})
const Answer = z.array(z.looseObject({ label: z.string(), score: z.number() }))

interface AnyClient {
  listTools(): Promise<{ tools: { name: string; title?: string | undefined }[] }>
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>
  close(): Promise<void>
}

/** One SDK in one revision; connects with `key` or rejects. */
type Connect = (key?: string) => Promise<AnyClient>

function init(key: string | undefined): { requestInit: RequestInit } {
  return { requestInit: key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } } }
}

function second(mode: 'legacy' | 'auto'): Connect {
  return async (key) => {
    const client = new Client(IDENTITY, { versionNegotiation: { mode } })
    await client.connect(new StreamableHTTPClientTransport(endpoint, init(key)))
    return client
  }
}

const connectFirst: Connect = async (key) => {
  const client = new FirstClient(IDENTITY)
  await client.connect(new FirstTransport(endpoint, init(key)))
  return client
}

const clients: { name: string; connect: Connect }[] = [
  { name: 'client 2.x, revision of 2026', connect: second('auto') },
  { name: 'client 2.x, revisions of 2025', connect: second('legacy') },
  { name: 'client 1.x', connect: connectFirst },
]

async function admin(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${mesh.url}/admin${path}`, {
    method,
    headers: { authorization: `Bearer ${mesh.adminKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

async function base64Of(model: string, example: string): Promise<string> {
  return (await readFile(join(MODELS_DIR, model, 'examples', example))).toString('base64')
}

describe.each(clients)('$name', ({ connect }) => {
  async function withClient<T>(work: (client: AnyClient) => Promise<T>): Promise<T> {
    const client = await connect(mesh.inferKey)
    try {
      return await work(client)
    } finally {
      await client.close()
    }
  }
  const call = (name: string, args: Record<string, unknown>) =>
    withClient(async (client) => {
      // what a client checks against the tool's output schema, it knows from the list
      await client.listTools()
      return ToolResult.parse(await client.callTool({ name, arguments: args }))
    })

  test('lists a tool for every capability', async () => {
    const { tools } = await withClient((client) => client.listTools())
    const capabilities = readModelFolders(MODELS_DIR).map(({ manifest }) => manifest.capability)
    const expected = [...new Set(capabilities.map((name) => name.replace('/', '_')))]
    expect(tools.map(({ name }) => name).toSorted()).toEqual(
      ['find-capability', ...expected].toSorted(),
    )
    expect(tools.every(({ title }) => title !== undefined && title !== '')).toBe(true)
  })

  test('calls a tool with text', async () => {
    const result = await call(LANGUAGE, {
      text: 'Todos os seres humanos nascem livres e iguais em dignidade.',
    })
    expect(Answer.parse(result.structuredContent?.answer)[0]?.label).toBe('por')
    expect(JSON.parse(result.content[0]?.text ?? '')).toEqual(result.structuredContent)
    expect(result._meta).toMatchObject({
      'capillary/mesh-model': expect.stringMatching(/^language-id@/),
      'capillary/mesh-route': expect.stringMatching(/;ok;/),
    })
  })

  test('reads a text as text, also where the tool takes mails first', async () => {
    // without a blank line a mail of these words is all head and says nothing
    const text = 'Congratulations! You won a free prize, click here to claim your money now.'
    const plain = await call('text-classification_email-spam', { text })
    const [first] = Answer.parse(plain.structuredContent?.answer)
    expect(first?.label).toBe('spam')
    const counted = await call('text-classification_email-spam', { text, parameters: { top_k: 1 } })
    expect(counted.structuredContent).toEqual({ answer: [first] })
  })

  test('calls a tool with a picture and gets text', async () => {
    const data = await base64Of('text-line-ocr', 'invoice.png')
    const result = await call('image-to-text_line', { data, mimeType: 'image/png' })
    expect(result.content[0]?.text).toContain('2026-1142')
  })

  test('calls a tool with a picture and gets a picture', async () => {
    const data = await base64Of('image-upscaler', 'flower.png')
    const result = await call('image-to-image_super-resolution', { data, mimeType: 'image/png' })
    expect(result.content).toMatchObject([{ type: 'image', mimeType: 'image/png' }])
    const png = Buffer.from(String(result.content[0]?.data), 'base64')
    expect(png.subarray(1, 4).toString()).toBe('PNG')
  })

  test('calls a tool with sound', async () => {
    const data = await base64Of('silero-vad', 'sentence.wav')
    const result = await call('voice-activity-detection_speech', { data })
    expect(result.structuredContent).toMatchObject({
      answer: [{ start: 0.034, end: 1.438 }, { start: 1.762 }],
    })
  })

  test('finds a tool by meaning and calls it', async () => {
    const found = await call('find-capability', { query: 'is this message junk mail', limit: 3 })
    const { how, results } = z
      .object({ how: z.string(), results: z.array(z.looseObject({ tool: z.string() })) })
      .parse(found.structuredContent)
    expect([how, results[0]?.tool]).toEqual(['semantic', 'text-classification_email-spam'])
  })

  test('obeys constraints', async () => {
    const result = await call(LANGUAGE, {
      text: 'All human beings are born free.',
      constraints: { placement: 'native' },
    })
    expect(result._meta?.['capillary/mesh-node']).toBe('native')
  })

  test.each([
    ['bad arguments', LANGUAGE, { txt: 'x' }, 'invalid_request'],
    ['text the model can not read', LANGUAGE, { text: '12345' }, 'invalid_input'],
    ['what is no base64', 'object-detection_face', { data: '%%%' }, 'invalid_input'],
    ['what is no picture', 'object-detection_face', { data: 'aGVsbG8=' }, 'invalid_input'],
    ['text that is too long', LANGUAGE, { text: 'a'.repeat(2_000_000) }, 'payload_too_large'],
  ])('is told of %s in the result', async (_, name, args, code) => {
    const result = await call(name, args)
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringMatching(`^${code}: `) }],
    })
  })

  test('is told of an unknown tool by an error', async () => {
    await expect(
      withClient((client) => client.callTool({ name: 'nothing_here', arguments: {} })),
    ).rejects.toThrow("no tool 'nothing_here'")
  })

  test.each([
    ['no key', undefined],
    ['a key that is none', `cap_${'x'.repeat(43)}`],
  ])('does not get in with %s', async (_, key) => {
    await expect(connect(key)).rejects.toThrow(/API key|401|nauthorized/)
  })

  test('is refused a message above 16 MiB', async () => {
    await expect(
      withClient((client) =>
        client.callTool({ name: LANGUAGE, arguments: { text: 'a'.repeat(17_000_000) } }),
      ),
    ).rejects.toThrow(/payload_too_large|413|limit/)
  })

  test('sees what was registered since, on the same connection', async () => {
    const folder = readModelFolders(MODELS_DIR, ['language-id'])[0]
    const manifest = { ...folder?.manifest, id: 'a-new-one', capability: 'text-classification/new' }
    const names = async (client: AnyClient) =>
      (await client.listTools()).tools.map(({ name }) => name)
    await withClient(async (client) => {
      expect(await names(client)).not.toContain('text-classification_new')
      expect((await admin('POST', '/models', { manifest })).status).toBe(201)
      const placed = await admin('POST', '/deployments', {
        model: 'a-new-one',
        version: manifest.version,
        node: 'nowhere',
        placement: 'edge',
        transport: 'binding',
        target: 'NOWHERE',
        state: 'ready',
      })
      expect(placed.status).toBe(201)
      expect(await names(client)).toContain('text-classification_new')
      const { id } = z.object({ id: z.string() }).parse(await placed.json())
      expect((await admin('DELETE', `/deployments/${id}?now=true`)).status).toBe(204)
      expect((await admin('DELETE', '/models/a-new-one')).status).toBe(204)
      expect(await names(client)).not.toContain('text-classification_new')
    })
  })
})
