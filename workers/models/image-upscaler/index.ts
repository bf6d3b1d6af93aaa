import model from '#artefacts/image-upscaler/model.image'
import wasm from '#artefacts/image-upscaler/ort.wasm'
import { createModelWorker } from '#shared/model-worker.ts'

import { codec } from './codec.ts'
import manifest from './manifest.json' with { type: 'json' }

export default createModelWorker({ manifest, codec, graphs: { model }, wasm })
