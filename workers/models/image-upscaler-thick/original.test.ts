import { testUpscaler } from '../../../test/upscaler-contract.ts'

testUpscaler({
  id: 'image-upscaler-thick',
  package: '@upscalerjs/esrgan-thick@1.0.0',
  resultSha256: '57c94464af02880d2c59e6122b0de3e842abb56b9df51b5d7deea2a8fdff2f21',
})
