/**
 * `npm run python`: the environments that the clients in Python run in, ahead of the tests, which else make
 * them. One that can't be had is no failure: its tests are skipped and say why.
 */
import { REQUIREMENTS, pythonVenv } from './clients/python-venv.ts'

for (const requirements of REQUIREMENTS) {
  const venv = await pythonVenv(requirements)
  console.log(`${requirements}: ${'reason' in venv ? venv.reason : venv.bin}`)
}
