import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ModelFolder } from '../../workers/native/model-folders.ts'
import { codeDigest } from './code-digest.ts'
import { converterPath, loadConverter } from './convert/load-converter.ts'
import { readForeignFiles } from './foreign-files.ts'
import { stage, type Stage } from './stage.ts'
import { toolVersions } from './tool-versions.ts'

/** `<graph>.onnx` of a model in a foreign format; of any other the source itself, which has them. */
export function convertedStage(
  { id, manifest }: ModelFolder,
  source: Stage,
  { cacheDir, log }: { cacheDir: string; log(message: string): void },
): Stage {
  if (manifest.source.type !== 'convert') return source
  const formats = new Set(Object.values(manifest.source.graphs).map(({ format }) => format))
  const inputs = {
    source: source.key,
    // a converter is imported by its name, so that the digest of this file doesn't cover it
    converters: Array.from(formats, (format) => codeDigest(converterPath(format))).toSorted(),
    code: codeDigest(join(import.meta.dirname, 'converted-stage.ts')),
    tools: toolVersions(),
  }
  return stage(cacheDir, 'converted', inputs, async (dir) => {
    const foreign = await readForeignFiles(await source.dir(), id)
    for (const [name, { format, model }] of Object.entries(foreign)) {
      log(`converting ${name} from ${format}`)
      const { convert } = await loadConverter(format)
      await writeFile(join(dir, `${name}.onnx`), convert(model))
    }
  })
}
