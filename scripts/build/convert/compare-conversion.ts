import { runtime as nativeRuntime } from '#onnx'
import type { Tensors } from '#shared/tensor.ts'

import { DifferenceMeter, type Difference } from '../difference.ts'
import type { Converter, ForeignModel } from './converter.ts'

/** For tests: how far a model's conversion answers from its original, on these inputs. */
export async function compareConversion(
  { convert, loadOriginal }: Converter,
  model: ForeignModel,
  inputs: Tensors,
): Promise<Difference & { outputs: Tensors }> {
  const original = await loadOriginal?.(model)
  if (!original) throw new Error('the format has no original runtime to compare with')
  if ('missing' in original) throw new Error(original.missing)
  const session = await nativeRuntime.createSession({ modelId: 'test', bytes: convert(model) })
  const outputs = await session.run(inputs)
  await session.release()
  const reference = await original.run(inputs)
  const unanswered = model.outputs.find(({ name }) => !reference[name])
  if (unanswered) throw new Error(`the original gives no '${unanswered.name}'`)
  const meter = new DifferenceMeter()
  meter.add(outputs, reference)
  return { ...meter.largest(), outputs }
}
