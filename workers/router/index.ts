import { createRouter } from './create-router.ts'

export default createRouter()
