import { html } from 'hono/html'

import { ERROR_CODES } from '#shared/error-codes.ts'
import { answerFile, producedTypes } from '#shared/media-answer.ts'
import { isRemote, type RegisteredManifest, type RemoteManifest } from '#shared/remote-manifest.ts'

import type { Snapshot } from '../registry/snapshot.ts'

/** The page allows nothing but its own style: no script runs, nothing is loaded. */
export const DOCS_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Protocols whose own clients work here, and the address that these ask for. */
const PROTOCOLS = [
  ['Open Inference Protocol v2 (Triton, KServe)', ''],
  ['OpenAI: models and embeddings', '/v1'],
  ['Hugging Face Inference, as endpoint of one model', '/models/<id>'],
  ['Model Context Protocol, streamable HTTP', '/mcp'],
  ['A2A agent card', '/.well-known/agent-card.json'],
  ['Agentic Resource Discovery', '/.well-known/ai-catalog.json'],
] as const

/** A page for people, without scripts: every capability with a curl to paste, and every error code. */
export function docsPage({ models }: Pick<Snapshot, 'models'>, origin: string) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Capillary</title>
        <style>
          body {
            font:
              16px/1.5 system-ui,
              sans-serif;
            max-width: 60rem;
            margin: 2rem auto;
            padding: 0 1rem;
            color: #1c2024;
          }
          h2 {
            margin-top: 2.5rem;
            font-size: 1.1rem;
          }
          code,
          pre {
            font:
              13px/1.5 ui-monospace,
              monospace;
            background: #f3f4f6;
            border-radius: 4px;
          }
          code {
            padding: 0.1rem 0.3rem;
          }
          pre {
            padding: 0.8rem;
            overflow-x: auto;
          }
          table {
            border-collapse: collapse;
            width: 100%;
            font-size: 14px;
          }
          td,
          th {
            text-align: left;
            padding: 0.35rem 0.6rem;
            border-bottom: 1px solid #e5e7eb;
          }
          .muted {
            color: #6b7280;
          }
        </style>
      </head>
      <body>
        <h1>Capillary</h1>
        <p>
          Name a capability; the mesh finds the model. Send your key as
          <code>Authorization: Bearer …</code>. Machine-readable:
          <a href="/openapi.json">openapi.json</a>.
        </p>
        <h2>Clients you have already</h2>
        <table>
          <tr>
            <th>protocol</th>
            <th>give its client this address</th>
          </tr>
          ${PROTOCOLS.map(
            ([protocol, path]) =>
              html`<tr>
                <td>${protocol}</td>
                <td><code>${origin}${path}</code></td>
              </tr>`,
          )}
        </table>
        ${Array.from(
          models.values(),
          ({ manifest }) =>
            html`<h2>${manifest.capability}</h2>
              <p>
                ${manifest.description}<br /><span class="muted"
                  >${manifest.id}@${manifest.version} · ${manifest.license.spdx} ·
                  ${takes(manifest)}</span
                >
              </p>
              <pre>${curlOf(origin, manifest)}</pre>`,
        )}
        <h2>Errors</h2>
        <p>
          Problem documents (RFC 9457). <code>retryable</code> tells whether asking again may help.
        </p>
        <table>
          <tr>
            <th>code</th>
            <th>status</th>
            <th>retryable</th>
            <th>meaning</th>
          </tr>
          ${Object.entries(ERROR_CODES).map(
            ([code, { status, retryable, title }]) =>
              html`<tr>
                <td><code>${code}</code></td>
                <td>${status}</td>
                <td>${retryable ? 'yes' : 'no'}</td>
                <td>${title}</td>
              </tr>`,
          )}
        </table>
      </body>
    </html>`
}

function takes(manifest: RegisteredManifest): string {
  if (isRemote(manifest)) return 'takes tensors and answers tensors, on another server'
  const { accepts, limits } = manifest
  return `takes ${accepts.join(', ')}, at most ${limits.inputBytes} bytes · answers ${producedTypes(manifest).join(', ')}`
}

/** A longer example, or one of several lines, would drown the command it is part of. */
const MAX_SAMPLE_CHARS = 200

function curlOf(origin: string, manifest: RegisteredManifest): string {
  if (isRemote(manifest)) return tensorCurlOf(origin, manifest)
  const { capability, accepts, examples } = manifest
  const [type = ''] = accepts
  const texts = examples.flatMap(({ input }) => ('text' in input ? [input.text] : []))
  const text = texts.find((own) => own.length <= MAX_SAMPLE_CHARS && !own.includes('\n'))
  const data = text === undefined ? '--data-binary @your-file' : `--data-binary ${quoted(text)}`
  const file = answerFile(manifest)
  const output = file === undefined ? '' : ` --output ${file}`
  return `curl ${origin}/infer/${capability} \\\n  -H "authorization: Bearer $KEY" -H "content-type: ${type}" \\\n  ${data}${output}`
}

/** A model without a codec: its tensors are all there is to show. */
function tensorCurlOf(origin: string, { id, inputs }: RemoteManifest): string {
  const tensors = inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape, data: [] }))
  return `curl ${origin}/v2/models/${id}/infer \\\n  -H "authorization: Bearer $KEY" \\\n  --data-binary ${quoted(JSON.stringify({ inputs: tensors }))}`
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
