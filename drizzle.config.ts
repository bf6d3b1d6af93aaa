import { defineConfig } from 'drizzle-kit'

/** `generate` only: wrangler applies and records migrations. */
export default defineConfig({
  dialect: 'sqlite',
  driver: 'd1-http',
  schema: './shared/schema.ts',
  out: './migrations',
  casing: 'snake_case',
})
