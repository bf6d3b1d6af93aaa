import { MeshError } from '#shared/mesh-error.ts'

/** Mono samples in [-1, 1]. */
export interface Audio {
  sampleRate: number
  samples: Float32Array<ArrayBuffer>
}

const FORMAT_PCM = 1
const FORMAT_FLOAT = 3
const FORMAT_EXTENSIBLE = 0xfffe
/** WAVE_FORMAT_EXTENSIBLE keeps the real format in the first two bytes of a GUID at this offset of `fmt `. */
const SUBFORMAT_OFFSET = 24

const MIN_RATE_HZ = 4_000
const MAX_RATE_HZ = 192_000
const MAX_CHANNELS = 8

/** Reads samples at a byte offset as numbers in [-1, 1], by `<format>:<bits>`. 8-bit PCM is unsigned, wider is signed. */
const READERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  '1:8': (view, at) => (view.getUint8(at) - 128) / 128,
  '1:16': (view, at) => view.getInt16(at, true) / 0x8000,
  '1:24': (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 0x80_0000,
  '1:32': (view, at) => view.getInt32(at, true) / 0x8000_0000,
  '3:32': (view, at) => view.getFloat32(at, true),
  '3:64': (view, at) => view.getFloat64(at, true),
}

interface Format {
  format: number
  channels: number
  sampleRate: number
  bits: number
}

/**
 * Parses a RIFF WAVE file and mixes its channels down to one. Throws `invalid_input` that says what
 * is wrong; `who` is its prefix. Nothing is allocated before the sizes were checked against the bytes.
 */
export function parseWav(bytes: Uint8Array, maxSeconds: number, who: string): Audio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw invalid(who, 'this is not a WAV file: it does not begin with RIFF…WAVE')
  }
  let format: Format | undefined
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const name = tag(view, at)
    const size = view.getUint32(at + 4, true)
    const start = at + 8
    if (start + size > bytes.byteLength) {
      throw invalid(
        who,
        `the WAV is truncated: its '${name}' chunk says ${size} bytes, ${bytes.byteLength - start} are there`,
      )
    }
    if (name === 'fmt ') format = readFormat(view, start, size, who)
    if (name === 'data') {
      if (!format) throw invalid(who, "the WAV has its 'data' chunk before 'fmt '")
      return readSamples(view, start, size, format, maxSeconds, who)
    }
    at = start + size + (size % 2) // chunks are padded to an even length
  }
  throw invalid(who, "the WAV has no 'data' chunk")
}

function readFormat(view: DataView, at: number, size: number, who: string): Format {
  if (size < 16) throw invalid(who, `the WAV's 'fmt ' chunk has ${size} bytes; it needs 16`)
  const declared = view.getUint16(at, true)
  const extensible = declared === FORMAT_EXTENSIBLE && size >= SUBFORMAT_OFFSET + 2
  const format = extensible ? view.getUint16(at + SUBFORMAT_OFFSET, true) : declared
  const channels = view.getUint16(at + 2, true)
  const sampleRate = view.getUint32(at + 4, true)
  const bits = view.getUint16(at + 14, true)
  if (format !== FORMAT_PCM && format !== FORMAT_FLOAT) {
    throw invalid(who, `the WAV is compressed (format ${format}); send PCM or float`)
  }
  if (!READERS[`${format}:${bits}`]) {
    throw invalid(
      who,
      `the WAV has ${bits}-bit samples; send PCM of 8, 16, 24 or 32 bits, or float of 32 or 64`,
    )
  }
  if (channels < 1 || channels > MAX_CHANNELS) {
    throw invalid(who, `the WAV has ${channels} channels; send 1 to ${MAX_CHANNELS}`)
  }
  if (sampleRate < MIN_RATE_HZ || sampleRate > MAX_RATE_HZ) {
    throw invalid(
      who,
      `the WAV has ${sampleRate} samples a second; send ${MIN_RATE_HZ} to ${MAX_RATE_HZ}`,
    )
  }
  return { format, channels, sampleRate, bits }
}

function readSamples(
  view: DataView,
  start: number,
  size: number,
  { format, channels, sampleRate, bits }: Format,
  maxSeconds: number,
  who: string,
): Audio {
  const read = READERS[`${format}:${bits}`]
  if (!read) throw new MeshError('internal', `${who} no reader for ${format}:${bits}`)
  const width = bits / 8
  const frames = Math.floor(size / (width * channels))
  if (frames === 0) throw invalid(who, 'the WAV holds no samples')
  if (frames > maxSeconds * sampleRate) {
    throw invalid(
      who,
      `the WAV lasts ${Math.round(frames / sampleRate)} s; the limit is ${maxSeconds} s`,
    )
  }
  const samples = new Float32Array(frames)
  for (let frame = 0, at = start; frame < frames; frame++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++, at += width) sum += read(view, at)
    const mean = sum / channels
    if (!Number.isFinite(mean))
      throw invalid(who, `the WAV's sample ${frame} is not a finite number`)
    samples[frame] = mean
  }
  return { sampleRate, samples }
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  )
}

function invalid(who: string, message: string): MeshError {
  return new MeshError('invalid_input', `${who} ${message}`)
}
