/**
 * Where what Hugging Face's clients demand of a task's answer is not what codecs answer. Read from the
 * validators of @huggingface/inference 4.13 (src/providers/hf-inference.ts) and huggingface_hub 2.4
 * (inference/_client.py); a task that isn't here is answered to them as to anybody.
 */
import { z } from 'zod'

import type { Manifest } from '../manifest.ts'
import { MediaAnswer } from '../media-answer.ts'

const Labels = z.array(z.looseObject({ label: z.string(), score: z.number() }))
const Lines = z.array(z.looseObject({ generated_text: z.string() }))

type Shaped = Pick<Manifest, 'capability' | 'labels'>

/** Both clients take one text for a list of one: the answer to it is the first of a list. */
const classifyText = (answer: unknown): unknown => {
  const answers = z.union([Labels, z.array(Labels)]).parse(answer)
  return Array.isArray(answers[0]) ? answers : [answers]
}

/** A class is a number to them: its place in the manifest's labels. */
const classifyTable = (answer: unknown, { labels = [] }: Shaped): unknown => {
  const classOf = z
    .looseObject({ label: z.enum(labels) })
    .transform(({ label }) => labels.indexOf(label))
  const classes = z.array(classOf)
  return z.union([classes, z.array(classes)]).parse(answer)
}

/**
 * One text for the whole picture. huggingface_hub takes the first of a list, as Hugging Face answers it;
 * @huggingface/inference refuses a list, and nothing but its name tells it from the other.
 */
const readImage = (answer: unknown, _: Shaped, headers: Headers): unknown => {
  const lines = Lines.parse(answer)
  const [only = { generated_text: '' }] = lines
  const whole =
    lines.length > 1
      ? { generated_text: lines.map(({ generated_text: text }) => text).join('\n') }
      : only
  return (headers.get('user-agent') ?? '').startsWith('@huggingface/inference/') ? whole : [whole]
}

type Shape = (answer: unknown, manifest: Shaped, headers: Headers) => unknown

const SHAPES = new Map<string, Shape>([
  ['text-classification', classifyText],
  ['tabular-classification', classifyTable],
  ['image-to-text', readImage],
])

/** Whether a task's answer must be read to be shaped; others may pass as they come. */
export function isShaped({ capability }: Shaped): boolean {
  return SHAPES.has(taskOf(capability))
}

/**
 * A codec's answer as Hugging Face's clients read it.
 *
 * @param headers of the request: they name the client
 * @throws ZodError when the answer isn't one of its task
 */
export function huggingFaceAnswer(answer: unknown, manifest: Shaped, headers: Headers): unknown {
  const shape = SHAPES.get(taskOf(manifest.capability))
  return shape && !(answer instanceof MediaAnswer) ? shape(answer, manifest, headers) : answer
}

function taskOf(capability: string): string {
  const [task = ''] = capability.split('/')
  return task
}
