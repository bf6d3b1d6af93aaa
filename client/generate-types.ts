/** Answers that are deep or wide enough to be of no use as a type end here. */
const MAX_DEPTH = 12

type Json = Readonly<Record<string, unknown>>

/** The module that types createClient: an interface `Mesh` with one member for each capability of an OpenAPI document. */
export function generateTypes(document: unknown): string {
  const root = objectOf(document)
  const offers = Object.entries(objectOf(root.paths)).flatMap(([path, item]) => {
    const capability = /^\/infer\/([^/{}]+\/[^/{}]+)$/.exec(path)?.[1]
    const post = objectOf(objectOf(item).post)
    return capability === undefined ? [] : [offerOf(capability, post, root)]
  })
  return [
    `/** Written by capillary-types from ${comment(String(objectOf(root.info).version))}. */`,
    "import type { Media } from '@capillary/client'",
    '',
    'export interface Mesh {',
    ...offers,
    '}',
    '',
  ].join('\n')
}

function offerOf(capability: string, post: Json, root: Json): string {
  const request = contentOf(post.requestBody)
  const inputs = objectOf(objectOf(schemaOf(request['application/json'], root)).properties).inputs
  const input = isBase64(inputs) ? 'Media' : 'string'
  const answers = Object.entries(contentOf(objectOf(post.responses)['200'])).map(
    ([type, content]) =>
      type === 'application/json' ? typeOf(ofOneInput(schemaOf(content, root)), root, 1) : 'Blob',
  )
  const answer = answers.length === 0 ? 'unknown' : [...new Set(answers)].join(' | ')
  const title = typeof post.summary === 'string' ? post.summary : capability
  return [
    `  /** ${comment(title)} */`,
    `  ${JSON.stringify(capability)}: { input: ${input}; answer: ${answer} }`,
  ].join('\n')
}

/** Where a list is answered by a list, the client's own types say so: here it is what one input is answered. */
function ofOneInput(schema: Json): Json {
  const [one, list, ...others] = Array.isArray(schema.anyOf) ? schema.anyOf : []
  const { type, items } = objectOf(list)
  const lists = type === 'array' && JSON.stringify(items) === JSON.stringify(one)
  return lists && others.length === 0 ? objectOf(one) : schema
}

/** A JSON Schema as a type; what it says beyond structure is left out. */
function typeOf(value: unknown, root: Json, depth: number): string {
  const schema = resolve(value, root)
  if (depth > MAX_DEPTH) return 'unknown'
  const inner = (part: unknown) => typeOf(part, root, depth + 1)
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) return union.map(inner).join(' | ')
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one)).join(' | ')
  if ('const' in schema) return JSON.stringify(schema.const)
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => inner({ ...schema, type })).join(' | ')
  }
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'number':
    case 'integer':
      return 'number'
    case 'array':
      return Array.isArray(schema.prefixItems)
        ? `[${schema.prefixItems.map(inner).join(', ')}]`
        : `Array<${inner(schema.items)}>`
    case 'object':
      return objectType(schema, inner)
    default:
      return 'unknown'
  }
}

function objectType(schema: Json, inner: (part: unknown) => string): string {
  const required = Array.isArray(schema.required) ? schema.required : []
  const members = Object.entries(objectOf(schema.properties)).map(
    ([name, part]) =>
      `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${inner(part)}`,
  )
  return members.length === 0 ? 'Record<string, unknown>' : `{ ${members.join('; ')} }`
}

function isBase64(value: unknown): boolean {
  const schema = objectOf(value)
  const parts = Array.isArray(schema.anyOf) ? schema.anyOf : [schema]
  return parts.some((part) => objectOf(part).contentEncoding === 'base64')
}

function contentOf(message: unknown): Json {
  return objectOf(objectOf(message).content)
}

function schemaOf(content: unknown, root: Json): Json {
  return resolve(objectOf(content).schema, root)
}

/** Follows one reference into the same document. */
function resolve(value: unknown, root: Json): Json {
  const schema = objectOf(value)
  if (typeof schema.$ref !== 'string') return schema
  const parts = schema.$ref.replace(/^#\//, '').split('/')
  return objectOf(parts.reduce<unknown>((at, part) => objectOf(at)[part], root))
}

function objectOf(value: unknown): Json {
  // as: an object's members are unknown
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

/** One line that can't end the comment it stands in: what owners write of their models is not ours. */
function comment(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /')
}
