/** A model that another server of the Open Inference Protocol has. */
export const remoteManifest = {
  id: 'resnet',
  version: '1',
  title: 'ResNet',
  description: 'Classifies pictures, on a server of somebody else.',
  capability: 'image-classification/resnet',
  license: { spdx: 'MIT', attribution: 'somebody' },
  source: { type: 'remote' },
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
}

/** Where its tensors are taken. */
export const REMOTE_INFER = '/v2/models/resnet/infer'

/** The body that deploys it on the server at `target`, which isn't asked. */
export function remotePlace(target: string): Record<string, unknown> {
  return {
    model: remoteManifest.id,
    version: remoteManifest.version,
    node: 'theirs',
    placement: 'native',
    transport: 'oip',
    target,
    verify: false,
  }
}
