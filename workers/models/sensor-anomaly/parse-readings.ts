import { MeshError } from '#shared/mesh-error.ts'

/** One line of the table: relative humidity in percent and temperature in °C. */
export interface Reading {
  humidity: number
  temperature: number
}

/** A little more than a day at one reading in 5 seconds. */
export const MAX_READINGS = 20_000
/** Two are read; the others are for the caller's own use. */
const MAX_COLUMNS = 64
/** Far beyond any sensor, and near enough that the graph's 32-bit numbers hold what is made of it. */
const MAX_MAGNITUDE = 1000
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?$/i

/** Readings of a CSV table with a header line; cells stand between commas, without quotes. Throws `invalid_input` that names the line. */
export function parseReadings(text: string, who: string): Reading[] {
  const lines = text.trimEnd().split(/\r?\n/, MAX_READINGS + 2)
  if (lines.length > MAX_READINGS + 1) {
    throw new MeshError('invalid_input', `${who} the table has more than ${MAX_READINGS} readings`)
  }
  const header = cellsOf(lines[0] ?? '').map((cell) => cell.toLowerCase())
  if (header.length > MAX_COLUMNS) {
    throw new MeshError('invalid_input', `${who} line 1 names more than ${MAX_COLUMNS} columns`)
  }
  const humidity = columnOf(header, 'humidity', who)
  const temperature = columnOf(header, 'temperature', who)
  if (lines.length === 1) {
    throw new MeshError('invalid_input', `${who} the table has no reading below its header`)
  }
  return lines.slice(1).map((line, i) => {
    const cells = cellsOf(line)
    const where = `${who} line ${i + 2}`
    if (cells.length !== header.length) {
      throw new MeshError(
        'invalid_input',
        `${where} has ${cells.length} cells; the header has ${header.length}`,
      )
    }
    return {
      humidity: numberOf(cells[humidity], `${where}: humidity`),
      temperature: numberOf(cells[temperature], `${where}: temperature`),
    }
  })
}

function cellsOf(line: string): string[] {
  return line.split(',', MAX_COLUMNS + 1).map((cell) => cell.trim())
}

function columnOf(header: readonly string[], name: string, who: string): number {
  const at = header.indexOf(name)
  if (at !== -1) return at
  throw new MeshError(
    'invalid_input',
    `${who} line 1 must name the columns, 'humidity' and 'temperature' among them; there is no '${name}'`,
  )
}

function numberOf(cell: string | undefined, what: string): number {
  const value = NUMBER.test(cell ?? '') ? Number(cell) : Number.NaN
  if (Math.abs(value) <= MAX_MAGNITUDE) return value
  throw new MeshError(
    'invalid_input',
    `${what} is '${cell?.slice(0, 40)}'; it must be a number from -${MAX_MAGNITUDE} to ${MAX_MAGNITUDE}`,
  )
}
