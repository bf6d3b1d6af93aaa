/** The decoder and the resizer hand out ImageData, which neither workerd nor Node has. */
class PlainImageData {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data
    this.width = width
    this.height = height
  }
}

/** Puts a plain ImageData in place where the platform has none. */
export function provideImageData(): void {
  if (!('ImageData' in globalThis)) Reflect.set(globalThis, 'ImageData', PlainImageData)
}
