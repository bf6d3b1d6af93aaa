import { join } from 'node:path'

import { OUTPUT_DIR } from '#scripts/paths.ts'
import type { SourceFile, TensorSpec } from '#shared/manifest.ts'
import { decodeImage } from '#shared/media/decode-image.ts'
import { resizeImage } from '#shared/media/resize-image.ts'

import { fetchSource } from '../../fetch-source.ts'

/** The models of MediaPipe that npm has as TensorFlow Lite, for tests, by what they do. */
const SOURCES = {
  'selfie segmentation': selfie(
    'selfie_segmentation',
    '8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27',
  ),
  'selfie segmentation, landscape': selfie(
    'selfie_segmentation_landscape',
    '4aafe6223bb8dac6fac8ca8ed56852870a33051ef3f6238822d282a109962894',
  ),
  'face detection, short range': face(
    'face_detection_short_range',
    '3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633',
  ),
  'face detection, full range': face(
    'face_detection_full_range',
    '99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3',
  ),
  'face detection, full range, sparse': face(
    'face_detection_full_range_sparse',
    '671dd2f9ed11a78436fc21cc42357a803dfc6f73e9fb86541be942d5716c2dce',
  ),
  'hand landmarks, lite': {
    type: 'npm',
    package: '@mediapipe/hands@0.4.1675469240',
    path: 'hand_landmark_lite.tflite',
    sha256: 'd7fde8ac11f8ce03f8663775bfc323f4fc9f2a38062b4f4efa142874ef5b2a48',
  },
} as const satisfies Record<string, SourceFile>

export type PublishedModel = keyof typeof SOURCES

export function fetchPublished(name: PublishedModel): Promise<Uint8Array> {
  return fetch(SOURCES[name])
}

/** A photo of three people at the size of an input, as RGB from 0 to 1. */
export async function fetchPhoto([, height = 0, width = 0]: readonly number[]): Promise<number[]> {
  const photo = await fetch({
    type: 'npm',
    package: '@vladmandic/face-api@1.7.15',
    path: 'demo/sample1.jpg',
    sha256: '8ecae4b267b2d3169e06e00c7dee97097aa2a94635d45216f7732a5f4943cb51',
  })
  const { data } = await resizeImage(await decodeImage(photo, '[photo]'), width, height)
  return [...data].filter((_, i) => i % 4 !== 3).map((value) => value / 255)
}

/** What a manifest says of a tensor of floats. */
export function floats(name: string, shape: number[]): TensorSpec {
  return { name, datatype: 'FP32', shape }
}

function fetch(source: SourceFile): Promise<Uint8Array> {
  return fetchSource(source, {
    modelId: 'tflite',
    modelDir: import.meta.dirname,
    cacheDir: join(OUTPUT_DIR, 'cache'),
    log() {},
  })
}

function selfie(file: string, sha256: string): SourceFile {
  const package_ = '@mediapipe/selfie_segmentation@0.1.1675465747'
  return { type: 'npm', package: package_, path: `${file}.tflite`, sha256 }
}

function face(file: string, sha256: string): SourceFile {
  const package_ = '@mediapipe/face_detection@0.4.1657300184'
  return { type: 'npm', package: package_, path: `${file}.tflite`, sha256 }
}
