/** Passes the two graphs through and makes the dictionary a list the codec can import. */
import type { Recipe } from '#shared/recipe.ts'

const recipe: Recipe = async ({ files: { detection, recognition, keys } }) => {
  if (!detection || !recognition || !keys) {
    throw new Error("the recipe needs the inputs 'detection', 'recognition' and 'keys'")
  }
  const characters = new TextDecoder().decode(keys).replace(/\n$/, '').split('\n')
  return {
    graphs: { model: detection, recognition },
    assets: { 'labels.json': new TextEncoder().encode(JSON.stringify([...characters, ' '])) },
  }
}
export default recipe
