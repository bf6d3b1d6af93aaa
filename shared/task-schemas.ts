import { z } from 'zod'

// not bounded: rounding in float32 can lead a hair past 1, and no answer should fail for that
const Score = z.number().describe('How sure the model is, from 0 to 1')

// loose throughout: a model may add what it knows beyond its task, and callers read past it
const Label = z.looseObject({ label: z.string(), score: Score })

/** Pixels of the picture as it was sent, from its upper left corner. */
const Box = z.looseObject({
  xmin: z.number(),
  ymin: z.number(),
  xmax: z.number(),
  ymax: z.number(),
})

// no tuples: several readers of OpenAPI take `prefixItems` for a mistake
const Corner = z.array(z.number()).length(2)

/** Likeliest first. */
const Classification = z.array(Label)

const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  'text-classification': Classification,
  'image-classification': Classification,
  'audio-classification': Classification,
  // one label a row of the table, in the order of the rows
  'tabular-classification': z.array(Label),
  'object-detection': z.array(z.looseObject({ label: z.string(), score: Score, box: Box })),
  'image-segmentation': z.array(
    z.looseObject({
      label: z.string(),
      score: Score.nullable(),
      mask: z.base64().describe("A PNG of the picture's size in one channel, base64"),
    }),
  ),
  'image-to-text': z.array(
    z.looseObject({
      generated_text: z.string(),
      score: Score.optional(),
      box: z
        .array(Corner)
        .length(4)
        .optional()
        .describe('Corners of the line as x and y in pixels, clockwise from where it begins'),
    }),
  ),
  // one vector, or one a token
  'feature-extraction': z.union([z.array(z.number()), z.array(z.array(z.number()))]),
  'voice-activity-detection': z.array(
    z.looseObject({
      start: z.number().min(0).describe('Seconds from the beginning'),
      end: z.number().min(0).describe('Seconds from the beginning'),
      score: Score,
    }),
  ),
}

/**
 * The JSON that a task is answered with, in the shape Hugging Face gives it where it has one; undefined for
 * a task that isn't known, whose answers may be anything, and for one that answers a file.
 */
export function answerSchemaOf(task: string): z.ZodType | undefined {
  return Object.hasOwn(ANSWERS, task) ? ANSWERS[task] : undefined
}
