/** The A2A SDK reads the agent card, and finds no binding of its own in it. */
import { AgentCard } from '@a2a-js/sdk'
import { ClientFactory, DefaultAgentCardResolver } from '@a2a-js/sdk/client'
import { describe, expect, inject, test } from 'vitest'

import { MODELS_DIR } from '../../scripts/paths.ts'
import { readModelFolders } from '../../workers/native/model-folders.ts'

const mesh = inject('mesh')

describe('the agent card', () => {
  test('is found where A2A looks, and names every capability as a skill', async () => {
    const card = await new DefaultAgentCardResolver().resolve(mesh.url)
    const capabilities = readModelFolders(MODELS_DIR).map(({ manifest }) => manifest.capability)
    expect(card.skills.map(({ id }) => id).toSorted()).toEqual(
      [...new Set(capabilities)].toSorted(),
    )
    for (const skill of card.skills) {
      expect(skill.description, skill.id).not.toBe('')
      expect(skill.tags, skill.id).toEqual(skill.id.split('/'))
      expect(skill.inputModes.length * skill.outputModes.length, skill.id).toBeGreaterThan(0)
    }
    const spam = card.skills.find(({ id }) => id === 'text-classification/email-spam')
    expect(spam?.inputModes).toEqual(['message/rfc822', 'text/plain'])
  })

  test('loses nothing in the SDK’s own form of it', async () => {
    const sent: unknown = await (await fetch(`${mesh.url}/.well-known/agent-card.json`)).json()
    expect(AgentCard.toJSON(AgentCard.fromJSON(sent))).toMatchObject({
      securitySchemes: { key: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
      supportedInterfaces: [{ url: `${mesh.url}/mcp` }, { url: `${mesh.url}/infer` }],
    })
    const { securityRequirements } = AgentCard.fromJSON(sent)
    expect(securityRequirements).toEqual([{ schemes: { key: { list: [] } } }])
  })

  test('promises no binding of A2A, so that a client says at once that it has none', async () => {
    await expect(new ClientFactory().createFromUrl(mesh.url)).rejects.toThrow(/transport/i)
  })

  test('gives addresses that are there', async () => {
    const { documentationUrl, supportedInterfaces } = await new DefaultAgentCardResolver().resolve(
      mesh.url,
    )
    expect((await fetch(String(documentationUrl))).status).toBe(200)
    for (const { url } of supportedInterfaces) {
      const answer = await fetch(url, { method: 'POST', body: '{}' })
      expect([url, answer.status]).toEqual([url, 401])
    }
  })
})
