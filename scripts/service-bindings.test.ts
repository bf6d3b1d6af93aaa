import { describe, expect, test } from 'vitest'

import { bindingName, withServiceBindings } from './service-bindings.ts'

const TOML = 'name = "x"\n# generated: service bindings\nold\n# end of generated\nrest = 1\n'

describe('withServiceBindings', () => {
  test('replaces what stands between the markers and nothing else', () => {
    expect(withServiceBindings(TOML, ['silero-vad'])).toBe(
      'name = "x"\n# generated: service bindings\n[[services]]\nbinding = "SILERO_VAD"\n' +
        'service = "mesh-silero-vad"\nprops = { caller = "router" }\n# end of generated\nrest = 1\n',
    )
  })

  test('gives the same when it runs again', () => {
    const once = withServiceBindings(TOML, ['a', 'b'])
    expect(withServiceBindings(once, ['a', 'b'])).toBe(once)
  })

  test('leaves no block when no model runs at the edge', () => {
    expect(withServiceBindings(TOML, [])).not.toContain('[[services]]')
  })

  test.each([
    '',
    '# generated: service bindings\n',
    '# end of generated\n# generated: service bindings\n',
  ])('refuses a file whose markers are missing or the wrong way round', (toml) => {
    expect(() => withServiceBindings(toml, ['a'])).toThrow('lacks the lines')
  })
})

test('bindingName is the id in capitals', () => {
  expect(bindingName('text-line-ocr')).toBe('TEXT_LINE_OCR')
})
