import { c, f, numbers, positive, single, whole, within } from '../operands.ts'
import { testFamily } from '../test-family.ts'
import { unary } from './unary.ts'

testFamily(unary, [
  ...[
    'Abs',
    'Atan',
    'Asinh',
    'Ceil',
    'Cos',
    'Cosh',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
    'Floor',
    'Neg',
    'Reciprocal',
    'Relu',
    'Relu6',
    'Round',
    'Selu',
    'Sigmoid',
    'Sign',
    'Sin',
    'Sinh',
    'Softplus',
    'Square',
    'Tan',
    'Tanh',
    'Identity',
  ].map((op) => ({ op, inputs: [f(3, 5)] })),
  ...['Log', 'Log1p', 'Sqrt', 'Rsqrt'].map((op) => ({ op, inputs: [positive(3, 5)] })),
  ...['Acos', 'Asin', 'Atanh'].map((op) => ({ op, inputs: [within(-0.9, 0.9, 3, 5)] })),
  // each alone: differences are relative to the largest value
  ...[1e-8, -1e-8, 1e-6, -3e-5, 1e-3, -0.07].flatMap((x) =>
    ['Expm1', 'Log1p'].map((op) => ({
      op,
      about: `keeps the digits of ${x}`,
      inputs: [single(x)],
    })),
  ),
  ...['Expm1', 'Log1p'].flatMap((op) => [
    { op, about: 'at its ends', inputs: [numbers(Infinity, -1, 0, NaN)] },
    { op, about: 'far from 0', inputs: [numbers(-0.999_99, 1e30, 100)] },
  ]),
  { op: 'Expm1', about: 'far below 0', inputs: [numbers(-Infinity, -100, -9.5)] },
  { op: 'Acosh', inputs: [within(1.1, 4, 3, 5)] },
  ...['IsNan', 'IsInf'].map((op) => ({
    op,
    inputs: [numbers(1, NaN, Infinity, -Infinity)],
    gives: ['BOOL' as const],
  })),
  { op: 'IdentityN', inputs: [f(2), f(3)], gives: ['FP32', 'FP32'] },
  { op: 'LeakyRelu', inputs: [f(3, 5)], attr: { alpha: { f: 0.15 } } },
  { op: 'ClipByValue', inputs: [f(3, 5), single(-0.5), single(0.7)] },
  { op: 'BiasAdd', inputs: [f(1, 2, 2, 3), c(3)] },
  { op: 'Cast', inputs: [f(3, 5)], attr: { DstT: { type: 'DT_INT32' } }, gives: ['INT32'] },
  {
    op: 'Cast',
    inputs: [whole([3, 5], -2, 2)],
    attr: { DstT: { type: 'DT_BOOL' } },
    gives: ['BOOL'],
  },
])
