import { FEATURES, featuresOf } from '../features.ts'
import type { Sample } from './perceptron.ts'

/** Lines of both data sets: reading,mote_id,indoor,humidity,temperature,label; a mote's lines are in order of time. */
const HEADER = 'reading,mote_id,indoor,humidity,temperature,label'

/** A labelled set as samples; what a reading's features look back on is its own mote's. */
export function readDataset(file: Uint8Array | undefined): Sample[] {
  const [header, ...lines] = new TextDecoder().decode(file).trimEnd().split('\n')
  if (header !== HEADER) throw new Error(`the data must begin with the line ${HEADER}`)
  const readings = lines.map((line) => {
    const [, mote = 0, indoor = 0, humidity = 0, temperature = 0, label = 0] = line
      .split(',')
      .map(Number)
    return { mote: `${mote} ${indoor}`, humidity, temperature, label: label === 1 ? 1 : 0 } as const
  })
  return [...Map.groupBy(readings, ({ mote }) => mote).values()].flatMap((series) => {
    const features = featuresOf(series)
    return series.map(({ label }, i) => ({
      features: features.subarray(i * FEATURES, (i + 1) * FEATURES),
      label,
    }))
  })
}
