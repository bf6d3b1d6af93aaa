import { Hono } from 'hono'

import { oipError } from '#shared/oip/oip-error.ts'
import { answerErrorsAs, onError } from '#shared/problem.ts'

import { answerNotFound } from './answer-not-found.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import { allowOrigins } from './allow-origins.ts'
import { cardRoutes } from './cards/card-routes.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { CapabilitySearch } from './discovery/capability-search.ts'
import { searchRoutes } from './discovery/search-routes.ts'
import { wellKnownRoutes } from './discovery/well-known-routes.ts'
import { DOCS_CSP, docsPage } from './openapi/docs-page.ts'
import type { RouterApp } from './env.ts'
import { explainRoutes } from './explain-routes.ts'
import { health } from './health.ts'
import { huggingFaceRoutes } from './hugging-face/hugging-face-routes.ts'
import { identify } from './identify.ts'
import { inferRoutes } from './infer-routes.ts'
import { mcpRoutes } from './mcp/mcp-routes.ts'
import { metricsRoutes } from './observe/metrics-routes.ts'
import { traceRequests } from './observe/trace-requests.ts'
import { oipRoutes } from './oip/oip-routes.ts'
import { createIsolateState } from './isolate-state.ts'
import { openAiRoutes } from './openai/openai-routes.ts'
import { openApiRoutes } from './openapi/openapi-routes.ts'
import { refuseOtherMethods } from './refuse-other-methods.ts'
import { snapshotOf } from './registry/request-snapshot.ts'

/** The router's app over what one isolate of it remembers. */
export function createRouter(state = createIsolateState()): Hono<RouterApp> {
  const app = new Hono<RouterApp>()
  const search = new CapabilitySearch()
  app.onError(onError)
  app.notFound(answerNotFound)
  app.use(identify(state))
  app.use(traceRequests)
  app.use(allowOrigins)
  app.use('/v2/*', answerErrorsAs(oipError))
  app.use(refuseOtherMethods(app))

  app.get('/health', health)
  app.route('/metrics', metricsRoutes())
  app.get('/docs', async (c) => {
    c.header('content-security-policy', DOCS_CSP)
    return c.html(docsPage(await snapshotOf(c), new URL(c.req.url).origin))
  })
  app.route('/', openApiRoutes())
  app.route('/infer', inferRoutes())
  app.route('/explain', explainRoutes())
  app.route('/admin', adminRoutes())
  app.route('/', oipRoutes())
  app.route('/v1', openAiRoutes())
  app.route('/openai/v1', openAiRoutes())
  app.route('/models', huggingFaceRoutes())
  app.route('/models', cardRoutes())
  app.route('/', catalogueRoutes())
  app.route('/', searchRoutes(search))
  app.route('/.well-known', wellKnownRoutes())
  app.route('/mcp', mcpRoutes(search))
  return app
}
