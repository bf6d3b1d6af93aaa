import { depthToSpace, mul, serialization, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'

/** The factor of UpscalerJS' networks: its own layer doesn't read it from the config either. */
const BETA = 0.2

/** Makes the layers that UpscalerJS adds to Keras known to tfjs; a package that brings more adds them here. */
export function registerLayers(): void {
  serialization.registerClass(MultiplyBeta)
  for (const scale of [2, 3, 4, 8]) serialization.registerClass(pixelShuffle(scale))
}

class MultiplyBeta extends layers.Layer {
  static readonly className = 'MultiplyBeta'

  override call(inputs: Tensor | Tensor[]): Tensor {
    return mul(firstOf(inputs), BETA)
  }
}

function pixelShuffle(scale: number): serialization.SerializableConstructor<layers.Layer> {
  return class PixelShuffle extends layers.Layer {
    static readonly className = `PixelShuffle${scale}x`

    override computeOutputShape(shape: (number | null)[]): (number | null)[] {
      const [batch = null, height, width, channels] = shape
      const times = (size: number | null | undefined) => (size ? size * scale : null)
      return [batch, times(height), times(width), channels ? channels / scale ** 2 : null]
    }

    override call(inputs: Tensor | Tensor[]): Tensor {
      // as: tfjs has no way to say that a layer's input is an image
      return depthToSpace(firstOf(inputs) as Tensor4D, scale)
    }
  }
}

function firstOf(inputs: Tensor | Tensor[]): Tensor {
  const [first] = [inputs].flat()
  if (!first) throw new Error('tfjs called a layer with nothing')
  return first
}
