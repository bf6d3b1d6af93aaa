import type { Emitter } from '../emitter.ts'
import { constantIntegers } from './constant-floats.ts'
import type { FlatFile } from './flat-file.ts'
import type { GraphValues } from './graph-values.ts'
import type { OperatorScope } from './operator-scope.ts'
import type { TfliteOperator } from './read-model.ts'
import { OPTIONS, type OptionsField, type OptionsName } from './schema.ts'

interface OperatorParts {
  file: FlatFile
  operator: TfliteOperator
  values: GraphValues
  emitter: Emitter
  error(what: string): Error
}

export function createOperatorScope(parts: OperatorParts): OperatorScope {
  const { file, operator, values, emitter, error } = parts
  const { inputs, outputs, table } = operator
  const who = `operator ${operator.index} (${operator.name})`
  const [output] = outputs
  if (!output) throw error('has no output')

  const input = (i: number) => {
    const tensor = inputs[i]
    if (tensor) return tensor
    throw error(`lacks input ${i}; it has ${inputs.length}`)
  }
  const integers = (i: number) => {
    const constant = values.findConstant(input(i))
    if (constant) return constantIntegers(file, constant, constant.data)
    throw error(`computes its input ${i} '${input(i).name}'; a conversion needs it constant`)
  }

  return {
    ...emitter,
    inputCount: inputs.length,
    outputs,
    output,
    input,
    edge: (i) => values.edge(input(i), who),
    findEdge: (i) => (inputs[i] ? values.edge(input(i), who) : undefined),
    integers,
    integer(i) {
      const [value, ...rest] = integers(i)
      if (value !== undefined && rest.length === 0) return value
      throw error(`has ${rest.length + 1} numbers as its input ${i}; one would be right`)
    },
    options<Name extends OptionsName>(name: Name) {
      const { type, fields } = OPTIONS[name]
      const found = table.int8('builtin_options_type')
      // as: the fields of this name; indexing by a type parameter gives the union of all
      const own = fields as readonly OptionsField<Name>[]
      const options = found === type ? table.table('builtin_options', own) : undefined
      if (options) return options
      throw error(`has options of kind ${found}; ${name} (${type}) would be right`)
    },
    customOptions() {
      const bytes = table.bytes('custom_options')
      if (bytes) return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      throw error('has no options')
    },
    error,
  }
}
