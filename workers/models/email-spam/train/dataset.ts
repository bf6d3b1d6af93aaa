import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import { featuresOf, readMail, wordsOf } from '../features.ts'
import type { Sample } from './logistic-regression.ts'
import { groupNearDuplicates } from './near-duplicates.ts'
import { seededRandom, shuffled } from '#shared/seeded-random.ts'

const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'] as const
export const SPLIT_SEED = 42
const TEST_SHARE = 0.2

const Entry = z.object({ group: z.string(), text: z.string() })

export interface LabelledMail extends Sample {
  /** Mails of one group repeat each other. */
  group: number
}

/** The SpamAssassin corpus as features, in the order of its files. `dir` is the unpacked package. */
export async function readDataset(
  dir: string,
  log: (message: string) => void,
): Promise<LabelledMail[]> {
  const mails: { subject: string; words: string[]; label: 0 | 1 }[] = []
  for (const group of GROUPS) {
    const folder = join(dir, 'data', group)
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
    for (const name of names) {
      const { text } = Entry.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))
      const bytes = new TextEncoder().encode(text)
      const mail = await readMail({ mediaType: 'message/rfc822', bytes }, name)
      const words = wordsOf(mail)
      if (words.length > 0)
        mails.push({ subject: mail.subject, words, label: group.startsWith('spam') ? 1 : 0 })
    }
    log(`${group}: ${mails.length} mails read so far`)
  }
  const groups = groupNearDuplicates(mails)
  return mails.map(({ words, label }, i) => ({
    features: featuresOf(words),
    label,
    group: groups[i] ?? i,
  }))
}

export interface Split {
  train: LabelledMail[]
  test: LabelledMail[]
}

/** A fifth held out, whole groups of near-duplicates on one side. */
export function splitByGroup(mails: readonly LabelledMail[], seed = SPLIT_SEED): Split {
  const groups = shuffled([...new Set(mails.map(({ group }) => group))], seededRandom(seed))
  const sizes = Map.groupBy(mails, ({ group }) => group)
  const held = new Set<number>()
  let size = 0
  for (const group of groups) {
    const more = sizes.get(group)?.length ?? 0
    if (size + more > mails.length * TEST_SHARE) continue
    held.add(group)
    size += more
  }
  return {
    train: mails.filter(({ group }) => !held.has(group)),
    test: mails.filter(({ group }) => held.has(group)),
  }
}

/** A fifth held out mail by mail, as it is usually done: near-duplicates land on both sides. For comparison only. */
export function splitByMail(mails: readonly LabelledMail[], seed = SPLIT_SEED): Split {
  const order = shuffled(mails, seededRandom(seed))
  const cut = Math.floor(mails.length * TEST_SHARE)
  return { train: order.slice(cut), test: order.slice(0, cut) }
}
