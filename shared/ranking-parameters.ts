import { z } from 'zod'

/** How a graph makes scores of its last layer, as Hugging Face names it. */
type Applied = 'softmax' | 'sigmoid'

/** What a ranking of classes may be asked for, in the words of Hugging Face's tasks. */
export function rankingParameters(defaultTopK: number, applied: Applied) {
  return z.strictObject({
    /** How many classes to answer, most likely first; where there are fewer, all. */
    top_k: z.int().min(1).default(defaultTopK),
    /** Only what the graph itself applies: its scores can't be taken back. */
    function_to_apply: z.literal(applied).optional(),
  })
}
