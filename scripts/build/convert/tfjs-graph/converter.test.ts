import { describe, expect, test } from 'vitest'

import { seededRandom } from '#shared/seeded-random.ts'

import { BuildError } from '../../build-error.ts'
import { compareConversion } from '../compare-conversion.ts'
import type { ForeignModel } from '../converter.ts'
import { converter } from './converter.ts'
import { floats, graphModel, inputsOf, typeOf, type FixtureNode } from './graph-fixture.ts'
import { ints, window } from './operands.ts'

const random = seededRandom(5)
const x = floats(random, [2, 3])
const w = { ...floats(random, [3]), constant: true }
const y = [{ name: 'y', datatype: 'FP32' as const, shape: [2, 3] }]
const T = typeOf(x)
const add: FixtureNode = { name: 'y', op: 'AddV2', input: ['x', 'w'], attr: { T } }

const linear = (...nodes: FixtureNode[]) => graphModel(nodes, { x, w }, y)
const convert = (model: ForeignModel) => () => converter.convert(model)

/** The model with its JSON changed. */
function edit(model: ForeignModel, change: (json: { modelTopology: { node: object[] } }) => void) {
  const json = JSON.parse(new TextDecoder().decode(model.files['model.json']))
  change(json)
  return withJson(model, JSON.stringify(json))
}
function withJson(model: ForeignModel, text: string): ForeignModel {
  return { ...model, files: { ...model.files, 'model.json': new TextEncoder().encode(text) } }
}

describe('a tfjs graph model', () => {
  test('answers as tfjs does when nodes are written in any order and some only order others', async () => {
    const model = linear(
      { name: 'y', op: 'Mul', input: ['sum:0', 'held', '^x'], attr: { T } },
      { name: 'held', op: 'Identity', input: ['w'], attr: { T } },
      { name: 'sum', op: 'AddV2', input: ['x', 'held'], attr: { T } },
      { name: 'unneeded', op: 'NoSuchOperator', input: ['y'] },
    )
    const { maxRelative } = await compareConversion(converter, model, inputsOf({ x }))
    expect(maxRelative).toBeLessThan(1e-6)
  })

  test('takes constants through nodes that only hand them on', async () => {
    const shape = {
      datatype: 'INT32' as const,
      shape: [2],
      data: Int32Array.of(3, 2),
      constant: true,
    }
    const nodes: FixtureNode[] = [
      { name: 'held', op: 'Identity', input: ['shape'], attr: { T: typeOf(shape) } },
      { name: 'again', op: 'StopGradient', input: ['held'], attr: { T: typeOf(shape) } },
      { name: 'y', op: 'Reshape', input: ['x', 'again'], attr: { T } },
    ]
    const model = graphModel(nodes, { x, shape }, [{ name: 'y', datatype: 'FP32', shape: [3, 2] }])
    expect((await compareConversion(converter, model, inputsOf({ x }))).maxAbsolute).toBe(0)
  })

  test('is known by the names of its signature', async () => {
    const model = edit(linear(add), (json) =>
      Object.assign(json, {
        signature: { inputs: { image: { name: 'x:0' } }, outputs: { scores: { name: 'y:0' } } },
      }),
    )
    const named = {
      ...model,
      inputs: [{ name: 'image', datatype: 'FP32' as const, shape: [2, 3] }],
      outputs: [{ name: 'scores', datatype: 'FP32' as const, shape: [2, 3] }],
    }
    const { outputs } = await compareConversion(converter, named, { image: x })
    expect(Object.keys(outputs)).toEqual(['scores'])
  })

  test('may give any tensor, and an input or a constant as it is', async () => {
    const outputs = ['y', 'x', 'w'].map((name) => ({
      name: `${name}:0`,
      datatype: 'FP32' as const,
      shape: name === 'w' ? [3] : [2, 3],
    }))
    const { maxRelative } = await compareConversion(
      converter,
      { ...linear(add), outputs },
      inputsOf({ x }),
    )
    expect(maxRelative).toBeLessThan(1e-6)
  })

  test('is converted however deep it is', () => {
    const depth = 20_000
    const nodes = Array.from({ length: depth }, (_, i): FixtureNode => ({
      name: i === depth - 1 ? 'y' : `n${i}`,
      op: 'Relu',
      input: [i === 0 ? 'x' : `n${i - 1}`],
      attr: { T },
    }))
    expect(
      linear(...nodes) && converter.convert(linear(...nodes.toReversed())).length,
    ).toBeGreaterThan(depth)
  })

  test('gives the same bytes again', () => {
    expect(converter.convert(linear(add))).toEqual(converter.convert(linear(add)))
  })
})

describe('a tfjs graph model is refused with a sentence', () => {
  test.each<[string, ForeignModel, RegExp]>([
    [
      'that names the operator, its node and what there is',
      linear({ name: 'y', op: 'NonMaxSuppressionV5', input: ['x'] }),
      /\[test\] node 'y' \(NonMaxSuppressionV5\) has no conversion to ONNX\.\n {2}Operators that have one: .*Conv2D/,
    ],
    [
      'where an operator is called like a part of JavaScript',
      linear({ name: 'y', op: 'constructor', input: ['x'] }),
      /node 'y' \(constructor\) has no conversion/,
    ],
    [
      'where it has a cycle',
      linear(
        { name: 'y', op: 'AddV2', input: ['x', 'z'], attr: { T } },
        { name: 'z', op: 'Relu', input: ['y'], attr: { T } },
      ),
      /node 'z' takes its own result, by way of 'y'/,
    ],
    [
      'where a node hands itself on',
      linear({ name: 'y', op: 'Identity', input: ['y'] }),
      /node 'y' takes its own result/,
    ],
    [
      'where an input is missing',
      linear({ name: 'y', op: 'AddV2', input: ['x'], attr: { T } }),
      /node 'y' \(AddV2\) has 1 inputs; it takes at least 2/,
    ],
    [
      'where an input is of no node',
      linear({ name: 'y', op: 'Relu', input: ['nowhere'] }),
      /no node 'nowhere', which 'y' needs/,
    ],
    [
      'where an input is an output that its node does not have',
      linear({ name: 'y', op: 'Relu', input: ['x:3'] }),
      /no output 3 of node 'x'/,
    ],
    [
      'where an attribute is missing',
      linear({ name: 'y', op: 'Cast', input: ['x'] }),
      /node 'y' \(Cast\) has no attribute 'DstT'/,
    ],
    [
      'where a datatype is none that tfjs has',
      linear({ name: 'y', op: 'Cast', input: ['x'], attr: { DstT: { type: 'DT_COMPLEX64' } } }),
      /datatype DT_COMPLEX64/,
    ],
    [
      'where what must be constant is computed',
      linear({ name: 'y', op: 'Transpose', input: ['x', 'x'], attr: { T } }),
      /computes its input 1; only a constant/,
    ],
    [
      'where a constant is of another datatype',
      linear({ name: 'y', op: 'Transpose', input: ['x', 'w'], attr: { T } }),
      /has a FP32 as input 1; it takes INT32/,
    ],
    [
      'where channels are second',
      linear({ name: 'y', op: 'MaxPool', input: ['x'], attr: { data_format: 'NCHW' } }),
      /data_format NCHW; it must be NHWC/,
    ],
    [
      'where a window has no strides',
      linear({ name: 'y', op: 'MaxPool', input: ['x'], attr: { padding: 'SAME' } }),
      /has \[\] as 'strides'; it takes four positive numbers/,
    ],
    [
      'where a transposed convolution gives no size',
      graphModel(
        [
          {
            name: 'y',
            op: 'Conv2DBackpropInput',
            input: ['size', 'kernel', 'image'],
            attr: window('SAME'),
          },
        ],
        {
          size: ints([1, -1, 8, 2]),
          kernel: { ...floats(random, [3, 3, 2, 2]), constant: true },
          image: floats(random, [1, 8, 8, 2]),
        },
        [{ name: 'y', datatype: 'FP32', shape: [1, 8, 8, 2] }],
      ),
      /node 'y' \(Conv2DBackpropInput\) gives the shape \[1,-1,8,2\]; it takes four sizes/,
    ],
    [
      'where it splits into more parts than memory holds',
      linear({ name: 'y', op: 'Unpack', input: ['x'], attr: { num: 1e12 } }),
      /has num 1000000000000; it takes 1 to 10000/,
    ],
    [
      'where two nodes have one name',
      edit(linear(add), ({ modelTopology: { node } }) => node.push({ name: 'y', op: 'Relu' })),
      /two nodes 'y'/,
    ],
    [
      'where a constant has no weights',
      edit(linear(add), (json) => Object.assign(json, { weightsManifest: [] })),
      /node 'w' \(Const\) has no numbers in model.json/,
    ],
    [
      'where the manifest names an input that is none',
      { ...linear(add), inputs: [{ name: 'image', datatype: 'FP32', shape: [2, 3] }] },
      /no input 'image'; it has x/,
    ],
    [
      'where the manifest leaves an input out',
      { ...linear(add), inputs: [] },
      /node 'x' \(Placeholder\) is an input the outputs need/,
    ],
    [
      'where the manifest names an output that is none',
      { ...linear(add), outputs: [{ name: 'z', datatype: 'FP32', shape: [2, 3] }] },
      /no tensor 'z'/,
    ],
    [
      "where the manifest's shape is another",
      { ...linear(add), inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 4] }] },
      /tensor 'x' is FP32\[2,4\]; the model's is FP32\[2,3\]/,
    ],
    [
      "where the manifest's datatype is another",
      { ...linear(add), inputs: [{ name: 'x', datatype: 'INT32', shape: [2, 3] }] },
      /tensor 'x' is INT32\[2,3\]; the model's is FP32/,
    ],
    [
      'where model.json is cut off',
      withJson(linear(add), '{"modelTopology": {"node": ['),
      /model.json is not JSON; is it whole/,
    ],
    [
      'where model.json is another file',
      withJson(linear(add), '{"format": "layers-model"}'),
      /model.json is not valid:[\s\S]*modelTopology/,
    ],
    [
      'where model.json is missing',
      { ...linear(add), files: {} },
      /names no file 'model.json'; it names none/,
    ],
  ])('%s', (_, model, message) => {
    expect(convert(model)).toThrow(BuildError)
    expect(convert(model)).toThrow(message)
  })
})
