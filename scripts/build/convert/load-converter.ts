import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { z } from 'zod'

import type { ForeignFormat } from '#shared/manifest.ts'

import type { Converter } from './converter.ts'

const ConverterModule = z.object({
  converter: z.custom<Converter>(
    (value) => typeof value === 'object' && value !== null && 'convert' in value,
  ),
})

/** The file of a format's converter: the folder is named after the format. */
export function converterPath(format: ForeignFormat): string {
  return join(import.meta.dirname, format, 'converter.ts')
}

/** The converter of a format. Loaded when it is needed: tfjs takes a second. */
export async function loadConverter(format: ForeignFormat): Promise<Converter> {
  const module: unknown = await import(pathToFileURL(converterPath(format)).href)
  return ConverterModule.parse(module).converter
}
