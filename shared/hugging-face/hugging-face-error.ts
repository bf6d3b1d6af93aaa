import { PROBLEM_MEDIA_TYPE, toProblem, type ErrorShape } from '../problem.ts'

/**
 * Errors as Hugging Face's clients show them: a problem that also has `error`, the only member that
 * huggingface_hub reads. `estimated_time` is when to come again, in seconds, as their API tells it.
 */
export const huggingFaceError: ErrorShape = (err) => ({
  body: {
    error: err.message,
    ...toProblem(err),
    ...(err.retryAfter === undefined ? {} : { estimated_time: err.retryAfter }),
  },
  contentType: PROBLEM_MEDIA_TYPE,
})
