import { decodeBase64, encodeBase64 } from '#shared/base64.ts'
import { DATATYPES, type Datatype, type Tensors } from '#shared/tensor.ts'

type Wire = Record<string, { datatype: Datatype; shape: number[]; data: string }>

/** Tensors as text, for the bench's own Worker. */
export function writeTensors(tensors: Tensors): string {
  const wire: Wire = {}
  for (const [name, { datatype, shape, data }] of Object.entries(tensors)) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    wire[name] = { datatype, shape: [...shape], data: encodeBase64(bytes) }
  }
  return JSON.stringify(wire)
}

export function readTensors(text: string): Tensors {
  const wire: Wire = JSON.parse(text)
  return Object.fromEntries(
    Object.entries(wire).map(([name, { datatype, shape, data }]) => {
      const bytes = decodeBase64(data)
      return [name, { datatype, shape, data: new DATATYPES[datatype](bytes.slice().buffer) }]
    }),
  )
}
