import { testUpscaler } from '../../../test/upscaler-contract.ts'

testUpscaler({
  id: 'image-upscaler',
  package: '@upscalerjs/esrgan-slim@1.0.0',
  resultSha256: '3374bbc0af08d3c245f173becabef4fe67ea9c933bff4464e26a2960394a3141',
})
