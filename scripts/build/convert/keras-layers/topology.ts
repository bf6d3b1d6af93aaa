import { z } from 'zod'

import { BuildError } from '../../build-error.ts'

/** Layer, which of its calls, which of that call's results; then keyword arguments. */
const TensorRef = z
  .tuple([z.string(), z.int().nonnegative(), z.int().nonnegative()])
  .rest(z.unknown())
  .transform(([layer, call, output]) => ({ layer, call, output }))
export type TensorRef = z.infer<typeof TensorRef>

const LayerDef = z.object({
  class_name: z.string(),
  config: z.looseObject({ name: z.string() }),
  /** What each call of the layer takes. */
  inbound_nodes: z.array(z.array(TensorRef)).default([]),
})
export type LayerDef = z.infer<typeof LayerDef>

const Functional = z.object({
  layers: z.array(LayerDef).min(1),
  input_layers: z.array(TensorRef).min(1),
  output_layers: z.array(TensorRef).min(1),
})
/** Older Keras has the layers alone. */
const Sequential = z.union([
  z.object({ layers: z.array(LayerDef).min(1) }),
  z
    .array(LayerDef)
    .min(1)
    .transform((layers) => ({ layers })),
])

const ModelConfig = z.object({
  class_name: z.enum(['Sequential', 'Functional', 'Model']),
  config: z.unknown(),
})
export type ModelConfig = z.infer<typeof ModelConfig>

/** model.json of a Keras model, apart from its weights: as Keras' converter writes it, or tfjs itself. */
export const LayersModel = z.object({
  modelTopology: z.union([
    z.object({ model_config: ModelConfig }).transform(({ model_config }) => model_config),
    ModelConfig,
  ]),
})

/** Layers and how they are joined. */
export interface LayerGraph {
  layers: ReadonlyMap<string, LayerDef>
  inputs: readonly TensorRef[]
  outputs: readonly TensorRef[]
}

/** Whether a layer is a model of layers. */
export function isModel(className: string): className is ModelConfig['class_name'] {
  return ModelConfig.shape.class_name.safeParse(className).success
}

/** Keras counts the calls of a layer from 0; of a model from 1, as it called it itself when it made it. */
export function firstCall({ class_name: className }: LayerDef): number {
  return isModel(className) ? 1 : 0
}

/** The layers of a model; those of a sequential one are joined one after the other. */
export function readLayerGraph(who: string, { class_name, config }: ModelConfig): LayerGraph {
  const graph =
    class_name === 'Sequential'
      ? chain(parseConfig(who, class_name, Sequential, config).layers)
      : joined(parseConfig(who, class_name, Functional, config))
  const layers = new Map<string, LayerDef>()
  for (const layer of graph.layers) {
    const { name } = layer.config
    if (layers.has(name)) throw new BuildError(`${who} has two layers '${name}'`)
    layers.set(name, layer)
  }
  return { ...graph, layers }
}

function parseConfig<T>(who: string, className: string, schema: z.ZodType<T>, config: unknown): T {
  const parsed = schema.safeParse(config)
  if (parsed.success) return parsed.data
  throw new BuildError(
    `${who} the ${className} model in model.json is not valid:\n${z.prettifyError(parsed.error)}`,
  )
}

interface Joined {
  layers: readonly LayerDef[]
  inputs: readonly TensorRef[]
  outputs: readonly TensorRef[]
}

function joined({ layers, input_layers, output_layers }: z.infer<typeof Functional>): Joined {
  return { layers, inputs: input_layers, outputs: output_layers }
}

/** Puts an input before the first layer where it isn't one, called as Keras calls it. */
function chain(listed: readonly LayerDef[]): Joined {
  const [first] = listed
  const begins = first?.class_name === 'InputLayer'
  const input: LayerDef = {
    class_name: 'InputLayer',
    config: { ...first?.config, name: `${first?.config.name}_input` },
    inbound_nodes: [],
  }
  const all = begins ? listed : [input, ...listed]
  const layers = all.map(({ class_name, config }, i) => {
    const before = all[i - 1]
    return { class_name, config, inbound_nodes: before ? [[resultOf(before)]] : [] }
  })
  return {
    layers,
    inputs: layers.slice(0, 1).map(resultOf),
    outputs: layers.slice(-1).map(resultOf),
  }
}

/** What the first call of a layer gives. */
export function resultOf(layer: LayerDef): TensorRef {
  return { layer: layer.config.name, call: firstCall(layer), output: 0 }
}
