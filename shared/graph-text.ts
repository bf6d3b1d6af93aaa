import { MeshError } from './mesh-error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Elements of BYTES as the text a graph takes. Throws `invalid_input` for what ONNX Runtime would cut or
 * misread: its strings end at a NUL.
 */
export function graphText(elements: readonly Uint8Array[], name: string): string[] {
  return elements.map((element, i) => {
    if (element.includes(0)) {
      throw new MeshError('invalid_input', `'${name}' element ${i} has a NUL; a graph takes text`)
    }
    try {
      return utf8.decode(element)
    } catch (err) {
      throw new MeshError('invalid_input', `'${name}' element ${i} is not valid UTF-8`, {
        cause: err,
      })
    }
  })
}
