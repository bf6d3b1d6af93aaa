/** Passes the recognition graph through and makes the dictionary a list the codec can import. */
import type { Recipe } from '#shared/recipe.ts'

const recipe: Recipe = async ({ files: { model, keys } }) => {
  if (!model || !keys) throw new Error("the recipe needs the inputs 'model' and 'keys'")
  // one character a line; the graph has one class more, the space, which the file leaves out
  const characters = new TextDecoder().decode(keys).replace(/\n$/, '').split('\n')
  return {
    graphs: { model },
    assets: { 'labels.json': new TextEncoder().encode(JSON.stringify([...characters, ' '])) },
  }
}
export default recipe
