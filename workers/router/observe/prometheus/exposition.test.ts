import { expect, test } from 'vitest'

import { Counter } from './counter.ts'
import { writeExposition } from './exposition.ts'
import { Histogram } from './histogram.ts'
import { createReading } from './reading.ts'

test('writes a histogram with cumulative buckets, a sum and a count', () => {
  const took = new Histogram({ name: 'took', help: 'Time', labels: ['model'], bounds: [1, 2] })
  for (const value of [0.5, 1, 1.5, 7]) took.observe({ model: 'a' }, value)
  expect(writeExposition([took]).split('\n')).toEqual([
    '# HELP took Time',
    '# TYPE took histogram',
    'took_bucket{model="a",le="1"} 2',
    'took_bucket{model="a",le="2"} 3',
    'took_bucket{model="a",le="+Inf"} 4',
    'took_sum{model="a"} 10',
    'took_count{model="a"} 4',
    '',
  ])
})

test('escapes what would end a label or a line', () => {
  const seen = new Counter({ name: 'seen', help: 'a\nb\\c', labels: ['what'] })
  seen.increment({ what: 'say "hi"\\\n' })
  expect(writeExposition([seen])).toContain('# HELP seen a\\nb\\\\c\n')
  expect(writeExposition([seen])).toContain('seen{what="say \\"hi\\"\\\\\\n"} 1\n')
})

test('counts together what comes after the thousandth series', () => {
  const seen = new Counter({ name: 'seen', help: '', labels: ['what'] })
  for (let i = 0; i < 1_200; i++) seen.increment({ what: `w${i}` })
  const lines = writeExposition([seen]).trim().split('\n')
  expect(lines).toHaveLength(2 + 1_000 + 1)
  expect(lines.at(-1)).toBe('seen{what="other"} 200')
})

test('tells nothing of what is not known yet', () => {
  const age = createReading({ name: 'age', help: '', type: 'gauge', read: () => undefined })
  expect(writeExposition([age])).toBe('# HELP age \n# TYPE age gauge\n')
})
