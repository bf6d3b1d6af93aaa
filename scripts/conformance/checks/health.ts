import { expectThat, type Check } from '../check.ts'

const answers200 = (path: string): Check['run'] =>
  async function run({ call }) {
    const { status } = await call(path)
    expectThat(status === 200, `status 200 of ${path}`, status)
  }

export const checks: readonly Check[] = [
  { title: 'is live', level: 'required', run: answers200('/v2/health/live') },
  { title: 'is ready', level: 'required', run: answers200('/v2/health/ready') },
]
