import type { TensorOptions } from './client.ts'
import type { Payload } from './send.ts'
import { arrayOf, countOf, type NumericArray, type Tensor } from './tensor.ts'

const utf8 = new TextEncoder()

/** An inference request of the Open Inference Protocol: its tensors behind the JSON, or in it. Throws TypeError on data that its datatype and shape don't describe. */
export function encodeTensors(
  inputs: Readonly<Record<string, Tensor>>,
  options: TensorOptions,
): Payload {
  const { binary = true, classification = {}, id, parameters } = options
  const wanted = [...new Set([...(options.outputs ?? []), ...Object.keys(classification)])]
  const parts: Uint8Array[] = []
  const tensors = Object.entries(inputs).map(([name, tensor]) => {
    const { datatype, shape } = tensor
    requireCount(name, tensor)
    if (!binary) {
      return `${JSON.stringify({ name, datatype, shape }).slice(0, -1)},"data":${jsonOf(name, tensor)}}`
    }
    const bytes = bytesOf(name, tensor)
    parts.push(bytes)
    return JSON.stringify({
      name,
      datatype,
      shape,
      parameters: { binary_data_size: bytes.byteLength },
    })
  })
  const rest = JSON.stringify({
    id,
    parameters: { ...parameters, ...(binary ? { binary_data_output: true } : {}) },
    outputs:
      wanted.length === 0
        ? undefined
        : wanted.map((name) => ({
            name,
            parameters: { binary_data: binary, classification: classification[name] },
          })),
  })
  const json = `{"inputs":[${tensors.join(',')}],${rest.slice(1)}`
  if (!binary) return { headers: { 'content-type': 'application/json' }, body: json }

  const head = utf8.encode(json)
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    },
    body: concat([head, ...parts]),
  }
}

function requireCount(name: string, { datatype, shape, data }: Tensor): void {
  const count = countOf(shape)
  // as: every kind of data but a DataView, which is none, has a length
  const { length } = data as { length?: number }
  if (length !== count) {
    throw new TypeError(`${name} has ${length} elements; ${datatype} [${shape}] has ${count}`)
  }
}

/** Little-endian, as every machine that runs JavaScript today is. */
function bytesOf(name: string, { datatype, data }: Tensor): Uint8Array {
  if (datatype === 'BYTES') {
    return concat(
      data.flatMap((element) => {
        const bytes = typeof element === 'string' ? utf8.encode(element) : element
        return [new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes]
      }),
    )
  }
  if (datatype === 'BOOL' && Array.isArray(data)) return Uint8Array.from(data, Number)
  const { buffer, byteOffset, byteLength } = requireArray(name, datatype, data)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function jsonOf(name: string, { datatype, data }: Tensor): string {
  if (datatype === 'BYTES') {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return JSON.stringify(data.map((item) => (typeof item === 'string' ? item : text.decode(item))))
  }
  if (datatype === 'BOOL') return JSON.stringify(Array.from(data, Boolean))
  if (datatype === 'FP16' || datatype === 'BF16') {
    throw new TypeError(`${name} is ${datatype}, which JSON can't carry`)
  }
  const values = requireArray(name, datatype, data)
  if (datatype.startsWith('FP') && !values.every(Number.isFinite)) {
    throw new TypeError(`${name} has a value that is not finite, which JSON can't carry`)
  }
  // 64-bit integers too are written with all their digits
  return `[${values.join()}]`
}

function requireArray(name: string, datatype: string, data: unknown): NumericArray {
  const expected = arrayOf(datatype)
  const float16 = datatype === 'FP16' && Object.prototype.toString.call(data).includes('Float16')
  if (expected && (data instanceof expected || float16)) return data as NumericArray // as: checked
  throw new TypeError(`${name} must be a ${expected?.name ?? 'tensor'} to be ${datatype}`)
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
