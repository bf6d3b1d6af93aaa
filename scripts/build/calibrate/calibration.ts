import { z } from 'zod'

import { Difference } from '../difference.ts'

/** What running a model's examples taught. */
export const Calibration = z.object({
  /** Largest difference of any output of each graph from that of the graph before optimising. */
  optimisation: z.record(z.string(), Difference),
  /** Of a converted graph, largest difference from its original runtime. */
  conversion: z.record(z.string(), Difference.extend({ runtime: z.string() })).optional(),
  /** Functions of the published runtime that ran, by index; ascending. Empty for what isn't cut. */
  functions: z.array(z.int()),
  /** How many times a graph ran. */
  runs: z.int(),
  /** The example whose tensors are largest. */
  largestExample: z.string(),
  /** Of each graph in its largest run, bytes of every tensor by name; a graph is absent whose are not known. */
  tensorBytes: z.record(z.string(), z.record(z.string(), z.int())),
})
export type Calibration = z.infer<typeof Calibration>
