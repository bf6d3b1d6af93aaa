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
  // eˣ - 1 = tanh(x / 2) · (eˣ + 1), which keeps the digits of a small x
  Expm1(e, node) {
    const x = node.input(0)
    const sum = e.emit('Add', [e.emit('Exp', [x]), scalar(e, 1)])
    return e.emit('Mul', [e.emit('Tanh', [e.emit('Mul', [x, scalar(e, 0.5)])]), sum])
  },
  // the logarithm of u, which 1 + x is rounded to, is off as much as u - 1 is from x
  Log1p(e, node) {
    const [x, one] = [node.input(0), scalar(e, 1)]
    const u = e.emit('Add', [x, one])
    const log = e.emit('Log', [u])
    const rounded = e.emit('Sub', [u, one])
    const corrected = e.emit('Mul', [log, e.emit('Div', [x, rounded])])
    const isLost = e.emit('Equal', [u, one])
    const isExact = e.emit('Equal', [rounded, x]) // infinity among others, which divides badly
    return e.emit('Where', [isExact, log, e.emit('Where', [isLost, x, corrected])])
  },
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
