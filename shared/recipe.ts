/** What the build hands a recipe: verified inputs, and nothing else to read. */
export interface RecipeContext {
  /** `inputs` of the manifest's recipe, by name. */
  files: Readonly<Record<string, Uint8Array>>
  /** Unpacked folders of the recipe's `packages`, by name. */
  packages: Readonly<Record<string, string>>
  /** Progress for the person waiting. */
  log(message: string): void
}

export interface RecipeResult {
  /** ONNX graphs by name; `model` is the manifest's own. */
  graphs: Readonly<Record<string, Uint8Array>>
  /** Files the codec imports through `#artefacts/<id>/<name>`. */
  assets?: Readonly<Record<string, Uint8Array>>
  /** What the recipe measured, e.g. held-out accuracy; kept in the receipt. */
  report?: Readonly<Record<string, unknown>>
}

/** The default export of a recipe script. Deterministic: the same inputs give the same bytes. */
export type Recipe = (context: RecipeContext) => Promise<RecipeResult>
