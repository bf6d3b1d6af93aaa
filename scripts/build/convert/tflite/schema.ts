/** The parts of TensorFlow Lite's FlatBuffers schema (version 3) that the converter reads: tables by their fields in order. */

export const FILE_IDENTIFIER = 'TFL3'
export const SCHEMA_VERSION = 3

export const MODEL = ['version', 'operator_codes', 'subgraphs', 'description', 'buffers'] as const
export const OPERATOR_CODE = [
  'deprecated_builtin_code',
  'custom_code',
  'version',
  'builtin_code',
] as const
export const SUBGRAPH = ['tensors', 'inputs', 'outputs', 'operators', 'name'] as const
export const TENSOR = [
  'shape',
  'type',
  'buffer',
  'name',
  'quantization',
  'is_variable',
  'sparsity',
  'shape_signature',
] as const
export const QUANTIZATION = [
  'min',
  'max',
  'scale',
  'zero_point',
  'details_type',
  'details',
  'quantized_dimension',
] as const
export const OPERATOR = [
  'opcode_index',
  'inputs',
  'outputs',
  'builtin_options_type',
  'builtin_options',
  'custom_options',
] as const
/** `offset` and `size` are of data after the FlatBuffers part, in files of more than 2 GB. */
export const BUFFER = ['data', 'offset', 'size'] as const

const activationOnly = ['fused_activation_function'] as const

/** Options of operators: their number in the union BuiltinOptions, and their fields. */
export const OPTIONS = {
  Conv2D: {
    type: 1,
    fields: [
      'padding',
      'stride_w',
      'stride_h',
      'fused_activation_function',
      'dilation_w_factor',
      'dilation_h_factor',
    ],
  },
  DepthwiseConv2D: {
    type: 2,
    fields: [
      'padding',
      'stride_w',
      'stride_h',
      'depth_multiplier',
      'fused_activation_function',
      'dilation_w_factor',
      'dilation_h_factor',
    ],
  },
  Pool2D: {
    type: 5,
    fields: [
      'padding',
      'stride_w',
      'stride_h',
      'filter_width',
      'filter_height',
      'fused_activation_function',
    ],
  },
  FullyConnected: { type: 8, fields: ['fused_activation_function', 'weights_format'] },
  Softmax: { type: 9, fields: ['beta'] },
  Concatenation: { type: 10, fields: ['axis', 'fused_activation_function'] },
  Add: { type: 11, fields: activationOnly },
  L2Norm: { type: 12, fields: activationOnly },
  ResizeBilinear: {
    type: 15,
    fields: ['new_height', 'new_width', 'align_corners', 'half_pixel_centers'],
  },
  SpaceToDepth: { type: 19, fields: ['block_size'] },
  Mul: { type: 21, fields: activationOnly },
  Gather: { type: 23, fields: ['axis', 'batch_dims'] },
  Reducer: { type: 27, fields: ['keep_dims'] },
  Sub: { type: 28, fields: activationOnly },
  Div: { type: 29, fields: activationOnly },
  StridedSlice: {
    type: 32,
    fields: ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'],
  },
  Split: { type: 35, fields: ['num_splits'] },
  ArgMax: { type: 40, fields: ['output_type'] },
  TransposeConv: {
    type: 49,
    fields: ['padding', 'stride_w', 'stride_h', 'fused_activation_function'],
  },
  Shape: { type: 55, fields: ['out_type'] },
  ArgMin: { type: 57, fields: ['output_type'] },
  Pack: { type: 59, fields: ['values_count', 'axis'] },
  Unpack: { type: 64, fields: ['num', 'axis'] },
  ResizeNearestNeighbor: { type: 74, fields: ['align_corners', 'half_pixel_centers'] },
  LeakyRelu: { type: 75, fields: ['alpha'] },
  MirrorPad: { type: 77, fields: ['mode'] },
  SplitV: { type: 79, fields: ['num_splits'] },
  DepthToSpace: { type: 94, fields: ['block_size'] },
  BatchMatMul: { type: 101, fields: ['adj_x', 'adj_y'] },
  Gelu: { type: 116, fields: ['approximate'] },
} as const satisfies Record<string, { type: number; fields: readonly string[] }>

export type OptionsName = keyof typeof OPTIONS
export type OptionsField<Name extends OptionsName> = (typeof OPTIONS)[Name]['fields'][number]

/** Values of `fused_activation_function`. */
export const FUSED_ACTIVATIONS = ['linear', 'relu', 'relu_n1_to_1', 'relu6', 'tanh'] as const
/** Values of `padding`. */
export const PADDINGS = ['SAME', 'VALID'] as const
