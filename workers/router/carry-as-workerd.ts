/**
 * wrangler's test harness has this process's `fetch` carry what a Worker sends, and that follows redirects
 * whatever the Worker asked for. workerd's own network hands them back, and the Worker decides.
 */
export function carryAsWorkerd(): void {
  const { fetch: carry } = globalThis
  globalThis.fetch = (input, init) => {
    const isWorkers = new Headers(init?.headers).has('cf-worker')
    // what a Worker sends is a request whose own `redirect` can't be changed
    return carry(input, isWorkers && init ? withManualRedirect(init) : init)
  }
}

function withManualRedirect({ method, headers, body, signal }: RequestInit): RequestInit {
  return { method, headers, body, signal, redirect: 'manual', duplex: 'half' } as RequestInit // as: `duplex` isn't in the types
}
