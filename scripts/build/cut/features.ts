import binaryen from 'binaryen'

/**
 * What the published runtime uses, named one by one: with all features on, binaryen writes imports in
 * an encoding that V8 refuses (`unknown import kind 0x7f`).
 */
export const FEATURES = [
  binaryen.Features.Atomics,
  binaryen.Features.BulkMemory,
  binaryen.Features.ExceptionHandling,
  binaryen.Features.MutableGlobals,
  binaryen.Features.NontrappingFPToInt,
  binaryen.Features.ReferenceTypes,
  binaryen.Features.RelaxedSIMD,
  binaryen.Features.SIMD128,
  binaryen.Features.SignExt,
  binaryen.Features.Multivalue,
  binaryen.Features.TailCall,
]
  // as: a set of flags is more than any one value of the enum
  .reduce((all, feature) => (all | feature) as binaryen.Features)
