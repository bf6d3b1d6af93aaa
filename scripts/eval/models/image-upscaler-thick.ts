import { scoreUpscaler } from '../score-upscaler.ts'

export default scoreUpscaler
