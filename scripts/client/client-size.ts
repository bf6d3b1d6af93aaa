import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import { build } from 'esbuild'

import { ROOT } from '../paths.ts'

/** Bytes that a page loads for the whole client: minified, then gzip at its best. */
export async function clientSize(): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'client', 'index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}
