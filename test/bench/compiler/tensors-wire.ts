import { decodeBase64, encodeBase64 } from '#shared/base64.ts'
import { binaryBytes, parseBinaryTensor } from '#shared/oip/binary-tensor.ts'
import type { Datatype, Tensors } from '#shared/tensor.ts'

type Wire = Record<string, { datatype: Datatype; shape: number[]; data: string }>

/** Tensors as text, for the bench's own Worker. */
export function writeTensors(tensors: Tensors): string {
  const wire: Wire = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    const { datatype, shape } = tensor
    wire[name] = { datatype, shape: [...shape], data: encodeBase64(binaryBytes(tensor)) }
  }
  return JSON.stringify(wire)
}

export function readTensors(text: string): Tensors {
  const wire: Wire = JSON.parse(text)
  return Object.fromEntries(
    Object.entries(wire).map(([name, { data, ...spec }]) => [
      name,
      parseBinaryTensor(decodeBase64(data), spec, name),
    ]),
  )
}
