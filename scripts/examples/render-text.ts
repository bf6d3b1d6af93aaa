import { Resvg } from '@resvg/resvg-js'

import type { SourceFile } from '#shared/manifest.ts'

import { fetchSource } from '../build/fetch-source.ts'

const FONT_PACKAGE = 'dejavu-fonts-ttf@2.37.3'

/** Faces to render with; free to use and to pass on (Bitstream Vera licence). */
export const FONTS = {
  'DejaVu Sans': fontSource(
    'DejaVuSans',
    '7da195a74c55bef988d0d48f9508bd5d849425c1770dba5d7bfc6ce9ed848954',
  ),
} as const
export type Font = keyof typeof FONTS

export interface TextLine {
  text: string
  x: number
  /** Baseline. */
  y: number
  /** Pixels. */
  size: number
}

export interface Page {
  width: number
  height: number
  lines: readonly TextLine[]
}

function fontSource(name: string, sha256: string): SourceFile {
  return { type: 'npm', package: FONT_PACKAGE, path: `ttf/${name}.ttf`, sha256 }
}

/** Path of a font file; fetched and verified like a model's source. */
export async function fontFile(
  font: Font,
  cacheDir: string,
  log: (message: string) => void,
): Promise<string> {
  const source = FONTS[font]
  await fetchSource(source, { modelId: 'examples', modelDir: '.', cacheDir, log })
  return `${cacheDir}/sha256/${source.sha256}`
}

/** Black text on white, as PNG. */
export function renderText(
  { width, height, lines }: Page,
  font: Font,
  fontPath: string,
): Uint8Array {
  const texts = lines.map(
    ({ text, x, y, size }) =>
      `<text x="${x}" y="${y}" font-size="${size}">${escapeXml(text)}</text>`,
  )
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="white"/><g font-family="${font}">${texts.join('')}</g></svg>`
  return new Resvg(svg, {
    font: { fontFiles: [fontPath], loadSystemFonts: false, defaultFontFamily: font },
  })
    .render()
    .asPng()
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
