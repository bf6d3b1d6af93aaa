/** What wrangler makes of a model's artefacts; see `rules` in the model's wrangler.toml. */
declare module '*.image' {
  const graph: ArrayBuffer
  export default graph
}
declare module '*.wasm' {
  const compiled: WebAssembly.Module
  export default compiled
}
/** Assets that recipes emit are lists: vocabularies and labels. */
declare module '#artefacts/*.json' {
  const list: string[]
  export default list
}
