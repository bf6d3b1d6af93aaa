import { CapillaryError } from './capillary-error.ts'
import type { TensorAnswer } from './client.ts'
import { parseJson } from './parse-json.ts'
import type { Received } from './send.ts'
import { arrayOf, countOf, type NumericArray, type OutputTensor } from './tensor.ts'

type Json = Readonly<Record<string, unknown>>

/** An inference answer of the Open Inference Protocol, its tensors binary or in JSON. Throws `bad_response`. */
export function decodeTensors({ headers, bytes }: Received): Omit<TensorAnswer, 'meta'> {
  const header = headers.get('inference-header-content-length')
  const jsonLength = header === null ? bytes.byteLength : Number(header)
  if (!(jsonLength <= bytes.byteLength)) throw bad(`the answer ends before its ${header} of JSON`)
  // as: a part that is missing is found where it is used
  const answer = parseJson(bytes.slice(0, jsonLength)) as Json
  const outputs: Record<string, OutputTensor> = {}
  let at = jsonLength
  for (const output of listOf(answer.outputs)) {
    const { name, datatype, data } = output
    const shape = listOf(output.shape).map(Number)
    const size = (output.parameters as Json | undefined)?.binary_data_size // as: Json, or left out
    if (typeof name !== 'string' || typeof datatype !== 'string') throw bad('an output has no name')
    if (typeof size === 'number') {
      if (size > bytes.byteLength - at) throw bad(`${name} ends before its ${size} bytes`)
      outputs[name] = fromBytes(name, datatype, shape, bytes.slice(at, at + size))
      at += size
    } else {
      outputs[name] = fromJson(name, datatype, shape, data)
    }
  }
  return {
    model: String(answer.model_name),
    version: textOrNone(answer.model_version),
    id: textOrNone(answer.id),
    outputs,
  }
}

function fromBytes(
  name: string,
  datatype: string,
  shape: number[],
  bytes: ArrayBuffer,
): OutputTensor {
  const count = countOf(shape)
  const array = arrayOf(datatype)
  if (array === undefined) {
    if (datatype !== 'BYTES') throw bad(`${name} is ${datatype}, which is not known`)
    const data: Uint8Array[] = []
    const view = new DataView(bytes)
    for (let at = 0; at < bytes.byteLength;) {
      const end = at + 4 + (at + 4 <= bytes.byteLength ? view.getUint32(at, true) : 0)
      if (end > bytes.byteLength) throw bad(`${name} ends inside an element`)
      data.push(new Uint8Array(bytes, at + 4, end - at - 4))
      at = end
    }
    return checked(name, { datatype, shape, data }, count)
  }
  if (bytes.byteLength !== count * array.BYTES_PER_ELEMENT) {
    throw bad(`${name} has ${bytes.byteLength} bytes, which is not ${datatype} [${shape}]`)
  }
  // as: the class is the datatype's own
  return { datatype, shape, data: new array(bytes) } as OutputTensor
}

function fromJson(name: string, datatype: string, shape: number[], data: unknown): OutputTensor {
  const count = countOf(shape)
  // as: flat(Infinity) has no type of its own for lists of any depth
  const flat = (listOf(data) as unknown[]).flat(Infinity)
  const array = arrayOf(datatype)
  if (datatype === 'BYTES') {
    const utf8 = new TextEncoder()
    const texts = flat.map((x, i) => {
      if (typeof x === 'string') return utf8.encode(x)
      throw bad(`${name} value ${i} is no text`)
    })
    return checked(name, { datatype, shape, data: texts }, count)
  }
  if (array === undefined) throw bad(`${name} is ${datatype}, which is not known`)
  const float = datatype.startsWith('FP')
  const big = datatype.endsWith('INT64')
  const numbers = flat.map(Number)
  // of 16-bit floats the array has bits, of which JSON says nothing
  if (big ? !numbers.every(Number.isSafeInteger) : /F.*16/.test(datatype)) {
    throw bad(`${name} is ${datatype}, which JSON can't say exactly; ask for it in binary`)
  }
  // as: what `from` takes follows from the class, which is the datatype's own
  const from = array as unknown as { from(items: unknown[]): NumericArray }
  const own = from.from(big ? numbers.map(BigInt) : numbers)
  const wrong = flat.findIndex((x, i) => {
    if (datatype === 'BOOL') return !(typeof x === 'boolean' || x === 0 || x === 1)
    const held = Number(own[i])
    return typeof x !== 'number' || (float ? !Number.isFinite(held) : held !== x)
  })
  if (wrong !== -1) throw bad(`${name} value ${wrong} is no ${datatype}`)
  return checked(name, { datatype, shape, data: own } as OutputTensor, count)
}

function checked(name: string, tensor: OutputTensor, count: number): OutputTensor {
  if (tensor.data.length === count) return tensor
  throw bad(`${name} has ${tensor.data.length} elements; its shape has ${count}`)
}

function listOf(value: unknown): Json[] {
  if (Array.isArray(value)) return value as Json[] // as: members are checked where they are used
  throw bad('the answer is none of the Open Inference Protocol')
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function bad(sentence: string): CapillaryError {
  return new CapillaryError('bad_response', sentence, { status: 200 })
}
