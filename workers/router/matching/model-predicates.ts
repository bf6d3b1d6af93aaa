import type { Manifest, TensorSpec } from '#shared/manifest.ts'
import { isRemote } from '#shared/remote-manifest.ts'

import { estimateOf } from './measured.ts'
import { whyWithheld } from '../rollout/version-parts.ts'
import type { Offer } from './offer.ts'
import type { Predicate } from './predicate.ts'

/** Longer lists are no message any more. */
const MAX_LISTED = 8

/** A media type that says nothing of the body: the node looks at its first bytes. */
const TELLS_NOTHING: ReadonlySet<string> = new Set([
  '',
  'application/json',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
])

/** What a model version must be, in the order it is asked. */
export const modelPredicates: readonly Predicate<Offer>[] = [
  {
    name: 'model',
    code: 'model_unknown',
    fails: ({ model, version }, { model: { manifest } }) => {
      const right =
        (model === undefined || manifest.id === model) &&
        (version === undefined || manifest.version === version)
      const pinned = version === undefined ? model : `${model ?? manifest.id}@${version}`
      return right ? undefined : `${pinned} is asked for`
    },
  },
  {
    name: 'rollout',
    code: 'no_deployment',
    fails: ({ version }, { part }) =>
      version === undefined && part ? whyWithheld(part) : undefined,
  },
  {
    name: 'door',
    code: 'capability_unknown',
    fails: ({ door }, { model: { manifest } }) =>
      door === 'task' && isRemote(manifest)
        ? `it takes tensors only: POST /v2/models/${manifest.id}/infer`
        : undefined,
  },
  {
    name: 'media-type',
    code: 'media_type_unsupported',
    fails: ({ door, mediaType }, { model: { manifest } }) =>
      door === 'tensor' ||
      mediaType === undefined ||
      TELLS_NOTHING.has(mediaType) ||
      includes(manifest.accepts, mediaType)
        ? undefined
        : `it does not take ${mediaType}; it takes ${manifest.accepts.join(', ')} or application/json`,
  },
  {
    name: 'size',
    code: 'payload_too_large',
    fails: ({ bytes = 0 }, { model: { manifest } }) =>
      bytes > manifest.limits.inputBytes
        ? `it takes ${manifest.limits.inputBytes} bytes, not ${bytes}`
        : undefined,
  },
  {
    name: 'tensors',
    code: 'invalid_input',
    fails: ({ tensors }, { model: { manifest } }) =>
      tensors === undefined ? undefined : wrongTensor(tensors, manifest),
  },
  {
    name: 'language',
    code: 'no_deployment',
    fails: ({ language }, { model: { manifest } }) => {
      const known = languagesOf(manifest)
      if (language === undefined || known === undefined) return undefined
      return known.includes(primaryTag(language))
        ? undefined
        : `it knows ${listed(known)}, not ${language}`
    },
  },
  {
    name: 'produces',
    code: 'no_deployment',
    fails: ({ produces }, offer) =>
      produces === undefined || includes(offer.produces, produces)
        ? undefined
        : `it answers ${offer.produces.join(', ')}, not ${produces}`,
  },
  {
    name: 'shape',
    code: 'no_deployment',
    fails: ({ shape }, { model: { manifest } }) =>
      shape === undefined || manifest.outputs.some((output) => canBe(output.shape, shape))
        ? undefined
        : `its outputs are ${listed(manifest.outputs.map((own) => `${own.name} [${own.shape}]`))}, not [${shape}]`,
  },
  {
    name: 'labels',
    code: 'no_deployment',
    fails: ({ labels = [] }, { model: { manifest } }) => {
      const missing = labels.filter((label) => !manifest.labels?.includes(label))
      return missing.length === 0 ? undefined : `it has no label ${listed(missing)}`
    },
  },
  {
    name: 'accuracy',
    code: 'no_deployment',
    fails: ({ minAccuracy, measuredSince = 0 }, { measured: { accuracy } }) => {
      if (minAccuracy === undefined) return undefined
      const best = accuracy.find(({ measuredAt }) => measuredAt >= measuredSince)
      if (best === undefined) {
        const last = accuracy.length === 0 ? 'has not been measured' : 'was measured too long ago'
        return `its accuracy ${last}, and ${minAccuracy} is asked for`
      }
      if (estimateOf(best) >= minAccuracy) return undefined
      return best.value < minAccuracy
        ? `its measured accuracy is ${best.value}, and ${minAccuracy} is asked for`
        : `its measured accuracy is ${best.value}, of ${best.samples}, which is too few to tell ${minAccuracy}`
    },
  },
]

function languagesOf(manifest: Offer['model']['manifest']): Manifest['languages'] {
  return isRemote(manifest) ? undefined : manifest.languages
}

function primaryTag(language: string): string {
  return (language.split('-')[0] ?? '').toLowerCase()
}

function wrongTensor(
  tensors: readonly TensorSpec[],
  { inputs }: Pick<Manifest, 'inputs'>,
): string | undefined {
  for (const { name, datatype, shape } of tensors) {
    const spec = inputs.find((input) => input.name === name)
    if (!spec) return `it has no input '${name}'; it has ${listed(inputs.map((own) => own.name))}`
    const fits = spec.datatype === datatype && canBe(spec.shape, shape)
    if (!fits)
      return `its input '${name}' is ${spec.datatype}[${spec.shape}], not ${datatype}[${shape}]`
  }
  const missing = inputs.filter((spec) => !tensors.some(({ name }) => name === spec.name))
  return missing.length === 0
    ? undefined
    : `it needs the input ${listed(missing.map(({ name }) => name))} as well`
}

/** Whether a tensor of such a shape can be of the other; -1 is any dimension. */
function canBe(shape: readonly number[], wanted: readonly number[]): boolean {
  return (
    shape.length === wanted.length &&
    shape.every((dim, i) => dim === -1 || wanted[i] === -1 || dim === wanted[i])
  )
}

function includes(known: readonly string[], value: string): boolean {
  return known.includes(value)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).join(', ')
  return names.length > MAX_LISTED ? `${shown} and ${names.length - MAX_LISTED} more` : shown
}
