/** How much each workload does. `smoke` only shows that everything runs; its speeds mean nothing. */
export interface Size {
  /** Repetitions unless `--runs` says otherwise. */
  readonly runs: number
  /** Contenders that run at the same time. More than one disturb each other. */
  readonly sideBySide: number
  /** Records of a keyed count and of the chain of maps. */
  readonly records: number
  /** Keys of the keyed count in full: every contender, both orders of the keys. */
  readonly keys: number
  /** Further numbers of keys, for growth. */
  readonly otherKeys: readonly number[]
  /** Records at each of these. */
  readonly growthRecords: number
  /** Keys of the join; each has four records on either side. */
  readonly joinKeys: number
  /** Keys of the state that is stored and restored. A V8 `Map` holds at most 2²⁴. */
  readonly stateKeys: readonly number[]
  readonly memoryKeys: number
  /** Keys of the state on disk, of which a quarter is in memory, and records that count them. */
  readonly diskKeys: number
  readonly diskRecords: number
  /** Repetitions of a latency within one process. */
  readonly triggers: number
  readonly subtasks: readonly number[]
  /** How long events flow when their latency is measured. */
  readonly flowMs: number
  /** Nexmark queries that are run; all when it is left out. */
  readonly nexmarkQueries?: readonly string[]
  /** Events of each, of which the last quarter is timed. */
  readonly nexmarkEvents: number
  /** Seconds of event time that they are spread over. */
  readonly nexmarkSpansS: readonly number[]
  /** Keys and seconds of event time in windows, of one record per key and second. */
  readonly windowKeys: number
  readonly windowSeconds: number
  /** The same for windows of an hour that event time goes beyond. */
  readonly hourKeys: number
  readonly hourSeconds: number
  /** Records per key and second where windows have many of them. */
  readonly hotRecords: number
}

export const sizes: Readonly<Record<'smoke' | 'small' | 'full', Size>> = {
  smoke: {
    runs: 1,
    sideBySide: 2,
    records: 100_000,
    keys: 10_000,
    otherKeys: [1_000],
    growthRecords: 100_000,
    joinKeys: 1_000,
    stateKeys: [20_000],
    memoryKeys: 20_000,
    diskKeys: 2_000,
    diskRecords: 10_000,
    triggers: 5,
    subtasks: [1, 2, 4, 8],
    flowMs: 100,
    nexmarkQueries: ['q0', 'q5'],
    nexmarkEvents: 8_000,
    nexmarkSpansS: [10],
    windowKeys: 1_000,
    windowSeconds: 4,
    hourKeys: 5,
    hourSeconds: 3_700,
    hotRecords: 10,
  },
  small: {
    runs: 3,
    sideBySide: 1,
    records: 20_000_000,
    keys: 100_000,
    otherKeys: [10_000, 1_000_000],
    growthRecords: 20_000_000,
    joinKeys: 200_000,
    stateKeys: [1_000_000],
    memoryKeys: 1_000_000,
    diskKeys: 400_000,
    diskRecords: 2_000_000,
    triggers: 50,
    subtasks: [1, 2, 4, 8, 64, 256],
    flowMs: 2_000,
    nexmarkEvents: 2_000_000,
    nexmarkSpansS: [10, 2_000],
    windowKeys: 100_000,
    windowSeconds: 20,
    hourKeys: 500,
    hourSeconds: 4_500,
    hotRecords: 250,
  },
  full: {
    runs: 3,
    sideBySide: 1,
    records: 40_000_000,
    keys: 100_000,
    otherKeys: [10_000, 1_000_000, 10_000_000],
    growthRecords: 20_000_000,
    joinKeys: 500_000,
    stateKeys: [1_000_000, 10_000_000],
    memoryKeys: 1_000_000,
    diskKeys: 400_000,
    diskRecords: 2_000_000,
    triggers: 200,
    subtasks: [1, 2, 4, 8, 64, 256],
    flowMs: 5_000,
    nexmarkEvents: 10_000_000,
    nexmarkSpansS: [10, 2_000],
    windowKeys: 100_000,
    windowSeconds: 100,
    hourKeys: 5_000,
    hourSeconds: 4_500,
    hotRecords: 1_000,
  },
}

export type SizeName = keyof typeof sizes
