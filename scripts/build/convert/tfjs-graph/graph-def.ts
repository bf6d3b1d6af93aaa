import { z } from 'zod'

/** Proto3 JSON writes 64-bit numbers as strings. */
const Int = z.union([z.int(), z.string().regex(/^-?\d+$/)]).transform(Number)
/** And what is no number by name. */
const Float = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number)

const Shape = z.object({
  dim: z.array(z.object({ size: Int.default(0) })).default([]),
  unknownRank: z.boolean().default(false),
})

/** An attribute; which field it has is its type. */
export const AttributeValue = z.object({
  i: Int.optional(),
  f: Float.optional(),
  b: z.boolean().optional(),
  /** Base64. */
  s: z.string().optional(),
  /** Of the enum DataType, by name or by number. */
  type: z.union([z.string(), z.int()]).optional(),
  shape: Shape.optional(),
  list: z.object({ i: z.array(Int).default([]), s: z.array(z.string()).default([]) }).optional(),
})
export type AttributeValue = z.infer<typeof AttributeValue>

/** A node of TensorFlow's GraphDef. */
export const NodeDef = z.object({
  name: z.string(),
  op: z.string(),
  /** `node`, `node:output`, or `^node`, which only orders. */
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), AttributeValue).default({}),
})
export type NodeDef = z.infer<typeof NodeDef>

/** What a signature calls a tensor of the graph. */
const Signature = z.object({
  inputs: z.record(z.string(), z.object({ name: z.string() })).default({}),
  outputs: z.record(z.string(), z.object({ name: z.string() })).default({}),
})
export type Signature = z.infer<typeof Signature>

/** model.json of a tfjs graph model, apart from its weights. */
export const GraphModel = z.object({
  modelTopology: z.object({ node: z.array(NodeDef).min(1) }),
  signature: Signature.optional(),
  userDefinedMetadata: z.object({ signature: Signature.optional() }).optional(),
})

/** An output of a node. */
export interface TensorName {
  node: string
  output: number
}

/** Reads `node` or `node:output`. */
export function parseTensorName(text: string): TensorName {
  const match = /^(.*):(\d+)$/.exec(text)
  return match ? { node: match[1] ?? '', output: Number(match[2]) } : { node: text, output: 0 }
}
