import model from '#artefacts/image-classifier/model.image'
import wasm from '#artefacts/image-classifier/ort.wasm'
import { createModelWorker } from '#shared/model-worker.ts'

import { codec } from './codec.ts'
import manifest from './manifest.json' with { type: 'json' }

export default createModelWorker({ manifest, codec, graphs: { model }, wasm })
