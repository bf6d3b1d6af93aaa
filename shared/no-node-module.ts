/**
 * Stands in for Node's `module` and `worker_threads` in a Worker (`alias` in a model's wrangler.toml):
 * the runtime's glue names them in branches that only Node takes, and the bundler wants them resolved.
 */
export const absent = true
