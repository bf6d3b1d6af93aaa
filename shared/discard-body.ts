/** Tells the sender that nobody reads the rest. A body that has failed, or was read elsewhere, says so here, and has nothing left to end. */
export async function discardBody({ body }: Pick<Response, 'body'>): Promise<void> {
  await body?.cancel().catch(() => {})
}
