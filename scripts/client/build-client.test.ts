/** The package as its users get it: packed, installed in a project of their own, compiled and run there. */
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { ROOT } from '../paths.ts'
import { buildClient } from './build-client.ts'
import { clientSize } from './client-size.ts'
import { findNodes } from './find-nodes.ts'

const run = promisify(execFile)
const MAX_BYTES = 5_000 // what the client may cost a page

const nodes = await findNodes()
let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'capillary-client-'))
  const packageDir = join(project, 'package')
  await buildClient(packageDir)
  await run('npm', ['pack', '--pack-destination', project], { cwd: packageDir })
  const tarball = (await readdir(project)).find((file) => file.endsWith('.tgz')) ?? ''
  await writeFile(join(project, 'package.json'), '{"private":true,"type":"module"}')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], {
    cwd: project,
  })
}, 60_000)
afterAll(() => rm(project, { recursive: true, force: true }))

test(`weighs less than ${MAX_BYTES} bytes minified and compressed`, async () => {
  expect(await clientSize()).toBeLessThan(MAX_BYTES)
})

test('holds what was built, and nothing else', async () => {
  const installed = join(project, 'node_modules', '@capillary', 'client')
  expect((await readdir(installed)).toSorted()).toEqual([
    'LICENSE',
    'README.md',
    'dist',
    'package.json',
  ])
  const dist = await readdir(join(installed, 'dist'))
  expect(dist).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'types-command.js']))
  expect(dist.filter((file) => file.includes('test'))).toEqual([])
})

test('type-checks in a strict project that knows no types but the web platform', async () => {
  await writeFile(
    join(project, 'mesh.ts'),
    `import type { Media } from '@capillary/client'
    export interface Mesh {
      'text-classification/tone': { input: string; answer: { label: string; score: number }[] }
      'image-to-image/upscaled': { input: Media; answer: Blob }
    }`,
  )
  await writeFile(
    join(project, 'right.ts'),
    `import { CapillaryError, createClient, textsOf } from '@capillary/client'
    import type { Mesh } from './mesh.ts'
    const mesh = createClient<Mesh>({ url: 'http://x', key: 'k' })
    const label: string = (await mesh.infer('text-classification/tone', 'x'))[0]?.label ?? ''
    const lists: { score: number }[][] = await mesh.infer('text-classification/tone', ['x', 'y'])
    const size: number = (await mesh.infer('image-to-image/upscaled', new Uint8Array(1))).size
    const { outputs } = await mesh.tensors('m', { x: { datatype: 'BYTES', shape: [1], data: ['a'] } })
    const texts: string[] = outputs.y ? textsOf(outputs.y) : []
    const any: unknown = await createClient({ url: 'http://x' }).infer('a/b', 'x')
    export { any, CapillaryError, label, lists, size, texts }`,
  )
  await writeFile(
    join(project, 'wrong.ts'),
    `import { createClient } from '@capillary/client'
    import type { Mesh } from './mesh.ts'
    const mesh = createClient<Mesh>({ url: 'http://x' })
    // @ts-expect-error -- there is no such capability
    await mesh.infer('text-classification/mood', 'x')
    // @ts-expect-error -- it takes media
    await mesh.infer('image-to-image/upscaled', 'x')
    // @ts-expect-error -- media have no lists
    await mesh.infer('image-to-image/upscaled', [new Blob()])
    // @ts-expect-error -- the data of another datatype
    await mesh.tensors('m', { x: { datatype: 'FP32', shape: [1], data: new Int32Array(1) } })`,
  )
  const options =
    '--strict --noEmit --target es2022 --lib es2022,dom --module nodenext --moduleResolution nodenext --allowImportingTsExtensions --types'
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, ...options.split(' '), '', 'right.ts', 'wrong.ts']
  await run(process.execPath, args, { cwd: project }).catch((err: { stdout: string }) => {
    throw new Error(err.stdout)
  })
}, 60_000)

test.each(nodes)('runs in Node $version', async ({ path }) => {
  const server = createServer((request, response) => {
    const binary = request.url?.startsWith('/v2/')
    response.setHeader('content-type', 'application/json')
    response.end(
      binary
        ? '{"model_name":"m","outputs":[{"name":"y","datatype":"INT64","shape":[1],"data":[5]}]}'
        : '[{"label":"good","score":1}]',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  const program = `
    import { createClient } from '@capillary/client'
    const mesh = createClient({ url: 'http://127.0.0.1:${port}' })
    const answer = await mesh.infer('a/b', new Blob(['x'], { type: 'text/plain' }))
    const x = { datatype: 'INT64', shape: [1], data: BigInt64Array.of(5n) }
    const { outputs } = await mesh.tensors('m', { x })
    console.log(JSON.stringify([answer, String(outputs.y.data[0])]))`
  try {
    await writeFile(join(project, 'program.js'), program)
    const { stdout } = await run(path, ['program.js'], { cwd: project })
    expect(JSON.parse(stdout)).toEqual([[{ label: 'good', score: 1 }], '5'])
  } finally {
    server.close()
  }
})

test('writes the types of a mesh by its command', async () => {
  const post = { summary: 'Tone', responses: { 200: { content: { 'image/png': {} } } } }
  const server = createServer((request, response) => {
    const known =
      request.headers.authorization === 'Bearer secret' && request.url === '/openapi.json'
    response.statusCode = known ? 200 : 401
    response.end(
      JSON.stringify(known ? { info: { version: 'r1' }, paths: { '/infer/a/b': { post } } } : {}),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // as: it listens on a port
  const command = (...args: string[]) =>
    run(join(project, 'node_modules/.bin/capillary-types'), args)
  try {
    const url = `http://127.0.0.1:${port}`
    const { stdout } = await command(url, '--key', 'secret')
    expect(stdout).toContain('"a/b": { input: string; answer: Blob }')
    await expect(command(url)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('401'),
    })
    await expect(command()).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('usage'),
    })
  } finally {
    server.close()
  }
})
