/** Windows, streams and lives of a job at random. What is drawn is small data that shrinks; every draw can be run. */
import fc from 'fast-check'

/** A record of a stream; `n` is its place among those that arrive. */
export interface Entry {
  readonly key: string
  readonly at: number
  /** How long the session that it begins lasts, where sessions have gaps of their own. */
  readonly gap: number
  readonly n: number
}

/** The word that event time has come to `mark`. */
export interface Mark {
  readonly mark: number
  readonly n: number
}

export type Item = Entry | Mark
export const isEntry = (item: Item): item is Entry => 'key' in item

export type AssignerSpec =
  | { readonly type: 'tumbling'; readonly size: number; readonly offset: number }
  | { readonly type: 'sliding'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly type: 'session'; readonly gap: number }
  /** Every record says how long. */
  | { readonly type: 'own gaps' }
  /** One window, which no time ends. */
  | { readonly type: 'global' }

export const computations = [
  'aggregate',
  'aggregate without merge',
  'aggregate, then a function',
  'reduce',
  'reduce, then a function',
  'all elements',
] as const
export type Computation = (typeof computations)[number]

export interface WindowSpec {
  readonly assigner: AssignerSpec
  readonly latenessMs: number
  readonly computation: Computation
  /** Without a key. */
  readonly all: boolean
  /** Fires for every so many records, and forgets them, in place of firing in event time. */
  readonly count?: number | undefined
}

/** One process of the job, and how it ends: by a kill or a stop after so many steps. The last one ends with its input. */
export interface Life {
  readonly parallelism: number
  readonly batchRecords: number
  readonly end: 'kill' | 'stop'
  readonly steps: number
  readonly seed: number
}

export interface JobSpec {
  readonly lives: readonly Life[]
  readonly unaligned: boolean
  readonly incremental: boolean
  readonly backend: 'heap' | 'lmdb'
  readonly partitions: number
}

/** What records are drawn as: how much later than the one before it happens, and how much later than that it arrives. */
interface Drawn {
  readonly key: number
  readonly after: number
  readonly delay: number
  readonly gap: number
}

/** No record arrives with a timestamp more than this below one that has arrived. */
export const outOfOrderMs = 40

const drawn: fc.Arbitrary<Drawn> = fc.record({
  key: fc.nat(4),
  after: fc.oneof({ weight: 8, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.nat(200) }),
  delay: fc.nat(outOfOrderMs),
  gap: fc.integer({ min: 1, max: 30 }),
})

/** In order of arrival; the first timestamps are negative. */
export function entriesOf(records: readonly Drawn[]): Entry[] {
  let at = -50
  const happened = records.map(({ key, after, delay, gap }) => {
    at += after
    return { key: `k${key}`, at, gap, arrives: at + delay }
  })
  return happened
    .map((one, index) => ({ ...one, index }))
    .sort((a, b) => a.arrives - b.arrives || a.index - b.index)
    .map(({ key, at: time, gap }, n) => ({ key, at: time, gap, n }))
}

/** Puts a mark behind some records, `behind` the latest timestamp so far, so that some that arrive later are late. */
export function withMarks(entries: readonly Entry[], every: number, behind: number): Item[] {
  let latest = Number.NEGATIVE_INFINITY
  const items: Item[] = []
  for (const entry of entries) {
    latest = Math.max(latest, entry.at)
    items.push({ ...entry, n: items.length })
    if (items.length % every === 0) items.push({ mark: latest - behind, n: items.length })
  }
  return items
}

/** How far event time is behind the latest record, or where the marks of the stream say. */
export type Time = { readonly type: 'bounded'; readonly ms: number } | { readonly type: 'marked' }

export interface InTime {
  readonly items: readonly Item[]
  readonly time: Time
}

/**
 * A stream in which nothing is late. With one reader event time is as far as it can be, so that what is forgotten a moment too early
 * is missed; several readers have to leave room. Whether sessions that just touch are one depends on whether the first is still there when the
 * second begins, so for them it is a millisecond less.
 */
export function inTime(entries: readonly Entry[], partitions: number, assigner?: AssignerSpec): InTime {
  const behindMs = assigner?.type === 'session' || assigner?.type === 'own gaps' ? 2 : 1
  if (partitions > 1) return { items: entries, time: { type: 'bounded', ms: outOfOrderMs } }
  const items: Item[] = []
  for (const [index, entry] of entries.entries()) {
    items.push({ ...entry, n: items.length })
    const still = entries.slice(index + 1).map(({ at }) => at)
    items.push({ mark: Math.min(entry.at + outOfOrderMs, ...still) - behindMs, n: items.length })
  }
  return { items, time: { type: 'marked' } }
}

const offsetBelow = (limit: number) => fc.integer({ min: 1 - limit, max: limit - 1 })

const tumbling = fc
  .integer({ min: 1, max: 60 })
  .chain((size) =>
    fc.record({ type: fc.constant('tumbling' as const), size: fc.constant(size), offset: offsetBelow(size) }),
  )

/** Slides that divide the size, that do not, and that leave gaps between windows. */
const sliding = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 70 })).chain(([size, slide]) =>
  fc.record({
    type: fc.constant('sliding' as const),
    size: fc.constant(size),
    slide: fc.constant(slide),
    offset: offsetBelow(slide),
  }),
)

export const assigners: fc.Arbitrary<AssignerSpec> = fc.oneof(
  tumbling,
  sliding,
  fc.record({ type: fc.constant('session' as const), gap: fc.integer({ min: 1, max: 25 }) }),
  fc.record({ type: fc.constant('own gaps' as const) }),
)

export const windowSpecs: fc.Arbitrary<WindowSpec> = fc
  .record({
    assigner: assigners,
    latenessMs: fc.oneof(fc.constant(0), fc.nat(30)),
    computation: fc.constantFrom(...computations),
    all: fc.boolean(),
  })
  .map((spec) => {
    const merging = spec.assigner.type === 'session' || spec.assigner.type === 'own gaps'
    return merging && spec.computation === 'aggregate without merge' ? { ...spec, computation: 'aggregate' } : spec
  })

/** Of which order matters: a trigger that counts, and the global window. */
export const countedSpecs: fc.Arbitrary<WindowSpec> = fc
  .tuple(windowSpecs, fc.boolean(), fc.integer({ min: 1, max: 4 }))
  .map(([spec, global, count]) => ({
    ...spec,
    ...(global && { assigner: { type: 'global' as const }, latenessMs: 0 }),
    count,
  }))

const life: fc.Arbitrary<Life> = fc.record({
  parallelism: fc.integer({ min: 1, max: 4 }),
  batchRecords: fc.integer({ min: 1, max: 9 }),
  end: fc.constantFrom('kill', 'stop'),
  steps: fc.nat(250),
  seed: fc.nat(1_000),
})

export const jobSpecs: fc.Arbitrary<JobSpec> = fc.record({
  lives: fc.array(life, { minLength: 1, maxLength: 4 }),
  unaligned: fc.boolean(),
  incremental: fc.boolean(),
  backend: fc.oneof(
    { weight: 4, arbitrary: fc.constant('heap' as const) },
    { weight: 1, arbitrary: fc.constant('lmdb' as const) },
  ),
  partitions: fc.integer({ min: 1, max: 5 }),
})

export const streams: fc.Arbitrary<readonly Entry[]> = fc
  .array(drawn, { minLength: 1, maxLength: 70, size: 'max' })
  .map(entriesOf)

export const marks = fc.record({ every: fc.integer({ min: 2, max: 7 }), behind: fc.nat(40) })
