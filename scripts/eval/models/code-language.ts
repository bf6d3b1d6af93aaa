import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

import { z } from 'zod'

import { seededRandom, shuffled } from '#shared/seeded-random.ts'

import type { Evaluation } from '../evaluation.ts'

/** Packages that carry sources of several languages, written by people for other ends than this. */
const PACKAGES = [
  {
    package: 'expo-modules-core@3.0.20',
    sha256: '08c28a621ec75a12757fd347609f7940e09e1d2a80b21c0480ece2ff16a1fc95',
  },
  {
    package: '@wordpress/block-library@9.9.0',
    sha256: '5497227d316e90eae44ffe3b92690dc88ebd7d51e04ded6b573e37a46f9adb5e',
  },
  {
    package: '@stdlib/blas@0.4.1',
    sha256: '0295a388749f2df36a97cfab943687c8e8b13aa1d121ad298082245a77832c55',
  },
  {
    package: 'bullmq@5.30.0',
    sha256: 'bd7141b23b552e49bb89bec4a047049be901e12c71c55a626b537b7fc6c4c32e',
  },
  {
    package: 'node-gyp@11.0.0',
    sha256: '7f83a67583063a9bbe34f89c6fa34e55f1d92896edfb7667a3be4443ddab8583',
  },
  {
    package: 'cordova-android@14.0.1',
    sha256: '67d7e8ec81bac8175c9e3d37c17abe3458492ea1c52edb87ae1a7c5ed132ce32',
  },
  {
    package: 'com.cysharp.unitask@2.2.5',
    sha256: 'dd89936982fc32a962ac09db926ee0bcc7ca2ab9a02c1553393031345aaf7d2f',
  },
]

/** Labels by extension, where the extension says it; `.h` may be any of three languages and isn't asked. */
const LABEL_OF: Readonly<Record<string, string>> = {
  '.c': 'c',
  '.cc': 'cpp',
  '.cpp': 'cpp',
  '.cs': 'cs',
  '.css': 'css',
  '.f': 'f90',
  '.gradle': 'groovy',
  '.html': 'html',
  '.java': 'java',
  '.js': 'js',
  '.json': 'json',
  '.kt': 'kt',
  '.lua': 'lua',
  '.m': 'mm',
  '.md': 'md',
  '.mm': 'mm',
  '.php': 'php',
  '.py': 'py',
  '.sh': 'sh',
  '.swift': 'swift',
  '.ts': 'ts',
  '.xml': 'xml',
}
/** So many of a language from one package, that neither decides alone. */
const FILES_EACH = 20
const QUICK_FILES_EACH = 5
/** Not written by hand, or hardly longer than the 20 characters that the model takes. */
const GENERATED = /\.min\.|\.umd\.|package-lock\.json$/
const MIN_CHARS = 100
const MAX_CHARS = 1_000_000
const SEED = 42

const Answer = z.array(z.object({ label: z.string() })).min(1)

/** Is the label that of the file's extension, first or among the first three? */
const evaluation: Evaluation = async ({ model, quick, fetchPackage, log }) => {
  const chosen = new Map<string, string[]>()
  for (const source of PACKAGES) {
    const texts = new Map<string, string[]>()
    const dir = await fetchPackage(source)
    for (const name of globSync('**/*.*', { cwd: dir }).toSorted()) {
      const label = LABEL_OF[extname(name)]
      if (label === undefined || GENERATED.test(name)) continue
      const text = await readFile(join(dir, name), 'utf8')
      if (text.trim().length < MIN_CHARS || text.length > MAX_CHARS) continue
      texts.set(label, [...(texts.get(label) ?? []), text])
    }
    for (const [label, all] of texts) {
      const some = shuffled(all, seededRandom(SEED)).slice(0, quick ? QUICK_FILES_EACH : FILES_EACH)
      chosen.set(label, [...(chosen.get(label) ?? []), ...some])
    }
  }
  let [first, among, n] = [0, 0, 0]
  for (const [label, own] of chosen) {
    const answers = await Promise.all(
      own.map(async (text) =>
        Answer.parse(
          await model.predict(
            { mediaType: 'text/plain', bytes: new TextEncoder().encode(text) },
            { top_k: 3 },
          ),
        ).map((item) => item.label),
      ),
    )
    const right = answers.filter(([best]) => best === label).length
    const wrong = answers.map(([best]) => best).filter((best) => best !== label)
    log(`${label}: ${right} of ${own.length}${wrong.length > 0 ? `; else ${wrong.join(' ')}` : ''}`)
    first += right
    among += answers.filter((labels) => labels.includes(label)).length
    n += own.length
  }
  const on = `files of ${chosen.size} languages in ${PACKAGES.length} npm packages, labelled by extension`
  return [
    { metric: 'accuracy', value: first / n, n, on },
    { metric: 'top-3 accuracy', value: among / n, n, on },
  ]
}
export default evaluation
