import { expect, test } from 'vitest'

import { MODELS_DIR } from '#scripts/paths.ts'

import { readModelFolders } from '../workers/native/model-folders.ts'
import { producedTypes } from './media-answer.ts'
import { answerSchemaOf } from './task-schemas.ts'

const answeringJson = readModelFolders(MODELS_DIR).filter(({ manifest }) =>
  producedTypes(manifest).includes('application/json'),
)

test.each(answeringJson)('every example of $id is answered in the shape of its task', (folder) => {
  const [task = ''] = folder.manifest.capability.split('/')
  const schema = answerSchemaOf(task)
  for (const { name, expected } of folder.manifest.examples) {
    expect(schema?.safeParse(expected).success, name).toBe(true)
  }
})

test.each([
  ['text-classification', [{ label: 'spam' }]],
  ['text-classification', { label: 'spam', score: 0.5 }],
  ['text-classification', [{ label: 'spam', score: '0.5' }]],
  ['object-detection', [{ label: 'face', score: 0.5, box: [0, 0, 1, 1] }]],
  ['image-segmentation', [{ label: 'person', score: 0.5, mask: 'not base64!' }]],
  ['image-to-text', [{ text: 'Invoice', score: 0.5 }]],
  ['image-to-text', [{ generated_text: 'Invoice', box: [[0, 0]] }]],
  ['feature-extraction', ['0.1']],
  ['voice-activity-detection', [{ start: -1, end: 2, score: 0.5 }]],
])('of %s, %j is no answer', (task, answer) => {
  expect(answerSchemaOf(task)?.safeParse(answer).success).toBe(false)
})

test.each(['image-to-image', 'weather-forecast', 'toString', '__proto__'])(
  'nothing is said of the JSON of %s',
  (task) => {
    expect(answerSchemaOf(task)).toBeUndefined()
  },
)
