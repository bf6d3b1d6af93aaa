import { scalar } from '../../emitter.ts'
import { foreignNodeError } from '../../foreign-node-error.ts'
import { castTo } from '../element-type.ts'
import type { ConvertOperator, OperatorFamily } from '../operator.ts'

const direct =
  (operator: string): ConvertOperator =>
  (e, node) =>
    e.emit(operator, [node.input(0)])

export const unary: OperatorFamily = {
  IdentityN: (_, node) => node.inputs(),
  Abs: direct('Abs'),
  Acos: direct('Acos'),
  Acosh: direct('Acosh'),
  Asin: direct('Asin'),
  Asinh: direct('Asinh'),
  Atan: direct('Atan'),
  Atanh: direct('Atanh'),
  Ceil: direct('Ceil'),
  Cos: direct('Cos'),
  Cosh: direct('Cosh'),
  Elu: direct('Elu'),
  Erf: direct('Erf'),
  Exp: direct('Exp'),
  Floor: direct('Floor'),
  IsNan: direct('IsNaN'),
  IsInf: direct('IsInf'),
  Log: direct('Log'),
  Neg: direct('Neg'),
  Reciprocal: direct('Reciprocal'),
  Relu: direct('Relu'),
  Round: direct('Round'),
  Selu: direct('Selu'),
  Sigmoid: direct('Sigmoid'),
  Sign: direct('Sign'),
  Sin: direct('Sin'),
  Sinh: direct('Sinh'),
  Softplus: direct('Softplus'),
  Sqrt: direct('Sqrt'),
  Tan: direct('Tan'),
  Tanh: direct('Tanh'),
  Square: (e, node) => e.emit('Mul', [node.input(0), node.input(0)]),
  Rsqrt: (e, node) => e.emit('Reciprocal', [e.emit('Sqrt', [node.input(0)])]),
  Expm1: (e, node) => e.emit('Sub', [e.emit('Exp', [node.input(0)]), scalar(e, 1)]),
  Log1p: (e, node) => e.emit('Log', [e.emit('Add', [node.input(0), scalar(e, 1)])]),
  Relu6: (e, node) => e.emit('Clip', [node.input(0), scalar(e, 0), scalar(e, 6)]),
  ClipByValue: (e, node) =>
    e.emit('Min', [e.emit('Max', [node.input(0), node.input(1)]), node.input(2)]),
  LeakyRelu: (e, node) =>
    e.emit('LeakyRelu', [node.input(0)], { alpha: { float: node.float('alpha', 0.2) } }),
  BiasAdd: (e, node) => e.emit('Add', [node.input(0), node.input(1)]),
  Cast(e, node) {
    const type = node.type('DstT')
    if (type === 'FP32' || type === 'INT32' || type === 'BOOL')
      return castTo(e, node.input(0), type)
    throw foreignNodeError(node, `casts to ${type}, which tfjs doesn't have`)
  },
}
