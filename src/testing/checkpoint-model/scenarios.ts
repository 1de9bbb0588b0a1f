/**
 * The systems that are explored: the main one with everything at once, and small ones each about one thing.
 *
 * `full` sizes are those of `npm run explore`; `short` ones are for every change.
 */
import type { Property } from '../explorer/system.ts'
import { type CheckpointModelOptions, quiet, type Slow } from './model-options.ts'
import { endings, type Possibility, possibilities } from './model-properties.ts'

export interface Scenario {
  readonly name: string
  /** What it is about, in one line. */
  readonly about: string
  readonly full: CheckpointModelOptions
  readonly short: CheckpointModelOptions
  readonly possible: readonly Possibility[]
}

/** What of the messages has to wait for no behaviour to be lost; see `Slow` for the others. */
const needed: readonly Slow[] = [
  'manifests',
  'acknowledgements: task',
  'acknowledgements: sink',
  'aborts: task',
  'completions: sink',
]
const everyNotice: readonly Slow[] = ['manifests', 'acknowledgements', 'triggers', 'completions', 'aborts']

interface Sizes {
  readonly name: string
  readonly about: string
  readonly full: Partial<CheckpointModelOptions>
  /** Differs from the full one in these. */
  readonly short?: Partial<CheckpointModelOptions>
  readonly possible: readonly Possibility[]
}

function scenario({ name, about, full, short, possible }: Sizes): Scenario {
  const whole = { ...quiet, slow: needed, ...full, name }
  return { name, about, full: whole, short: { ...whole, ...short }, possible }
}

const failing = { crashes: 1, deaths: 'shared' } as const

export const scenarios: readonly Scenario[] = [
  scenario({
    name: 'main',
    about: '2 checkpoints, 1 savepoint, 1 crash of a subtask or of the process, expiry at any time',
    full: { periodic: 2, requests: ['savepoint'], ...failing, expiries: undefined },
    short: { requests: [] },
    possible: [
      'two completions that commit output',
      'an expiry',
      'an acknowledgement after the abort',
      'a manifest stored after the job began to fail',
      'a crash between the durable state and its acknowledgement',
      'a crash between the manifest and the notification',
      'each input blocked, first one',
      'each input blocked, other one',
      'a restart from a checkpoint',
      'a new process goes on from a checkpoint',
    ],
  }),
  scenario({
    name: 'savepoint',
    about: 'a savepoint beside a checkpoint, its steps at any time, a crash',
    full: { periodic: 1, requests: ['savepoint'], ...failing, slow: [...needed, 'steps'] },
    short: { records: 0, sources: 1 },
    possible: ['a savepoint during a checkpoint', 'a savepoint is published'],
  }),
  scenario({
    name: 'bounded',
    about: 'the data ends, a final checkpoint covers it, the job finishes; a crash on the way',
    full: { bounded: true, periodic: 1, ...failing, expiries: 1, slow: [...needed, 'ends: task'] },
    short: { sources: 1, expiries: 0 },
    possible: ['the job finishes', 'a completion'],
  }),
  scenario({
    name: 'stop-suspend',
    about: 'stop with a savepoint, without draining, beside a checkpoint',
    full: { periodic: 1, requests: ['stop-suspend'], expiries: 1, ...failing },
    short: { sources: 1 },
    possible: ['the job finishes', 'a savepoint is published', 'an expiry'],
  }),
  scenario({
    name: 'stop-drain',
    about: 'stop with a savepoint that drains the job, beside a checkpoint',
    full: { periodic: 1, requests: ['stop-drain'], expiries: 1, ...failing, slow: [...needed, 'ends'] },
    short: { sources: 1, crashes: 0 },
    possible: ['the job finishes', 'a savepoint is published', 'an expiry'],
  }),
  scenario({
    name: 'at-least-once',
    about: 'barriers are counted and block nothing; two checkpoints at a time',
    full: {
      mode: 'at-least-once',
      coordinator: { maxConcurrent: 2 },
      periodic: 2,
      expiries: undefined,
      slow: [...needed, 'triggers'],
    },
    short: { records: 0 },
    possible: ['a completion', 'two checkpoints pending', 'a subsumption'],
  }),
  scenario({
    name: 'store failures',
    about: 'writes of state, manifests and savepoint steps fail; snapshots fail; too many failures end the attempt',
    full: {
      periodic: 2,
      requests: ['savepoint'],
      storeFailures: 1,
      snapshotFailures: 1,
      coordinator: { tolerableFailures: 0 },
      restarts: 1,
      sources: 1,
      slow: ['manifests', 'writes: task', 'acknowledgements: task', 'aborts: task'],
    },
    short: { records: 0 },
    possible: ['a decline', 'a completion', 'the job fails'],
  }),
  scenario({
    name: 'repeated and lost',
    about: 'an acknowledgement or notice comes twice, and one is lost',
    full: { periodic: 2, repeated: 1, lost: 1, expiries: undefined, slow: everyNotice, sources: 1, records: 0 },
    short: { periodic: 1 },
    possible: ['a completion', 'an expiry', 'an acknowledgement after the abort'],
  }),
  scenario({
    name: 'disposal',
    about: 'a savepoint is disposed of while newer checkpoints let its checkpoint go; steps fail',
    full: {
      periodic: 2,
      requests: ['savepoint'],
      disposes: true,
      storeFailures: 2,
      sources: 1,
      records: 0,
      slow: ['manifests', 'steps', 'discards'],
    },
    short: { periodic: 1, storeFailures: 2 },
    possible: ['a savepoint is published', 'a savepoint is disposed of'],
  }),
  scenario({
    name: 'self-contained',
    about: 'a savepoint is copied while newer checkpoints let its checkpoint go, and disposed of; steps fail',
    full: {
      periodic: 2,
      requests: ['savepoint'],
      copies: true,
      disposes: true,
      storeFailures: 2,
      sources: 1,
      records: 0,
      slow: ['manifests', 'steps', 'discards'],
    },
    short: { periodic: 1 },
    possible: ['a copy is sealed', 'a savepoint is disposed of'],
  }),
  scenario({
    name: 'withdrawal',
    about: 'a stop-savepoint cannot be published, nor perhaps its pin or its files be removed; a crash afterwards',
    full: {
      periodic: 1,
      requests: ['stop-suspend'],
      storeFailures: 2,
      ...failing,
      sources: 1,
      slow: ['manifests', 'steps', 'discards'],
    },
    short: { records: 0 },
    possible: ['a withdrawal', 'a pin that keeps a savepoint from being withdrawn', 'the job fails'],
  }),
  scenario({
    name: 'cancel',
    about: 'the job is canceled at any time, in the middle of a checkpoint or a restart',
    full: { periodic: 1, ends: 'cancel', ...failing, slow: [...needed, 'orders', 'starts', 'cancels'], sources: 1 },
    short: { records: 0 },
    possible: ['the job is canceled'],
  }),
  scenario({
    name: 'suspend',
    about: 'the job is suspended at any time, and a new process may go on',
    full: { periodic: 1, ends: 'suspend', ...failing, slow: [...needed, 'orders', 'starts', 'cancels'], sources: 1 },
    short: { records: 0 },
    possible: ['the job is suspended'],
  }),
  scenario({
    name: 'concurrent',
    about: 'two checkpoints at a time, the newer one may complete first',
    full: { periodic: 2, coordinator: { maxConcurrent: 2 }, crashes: 1, slow: [...needed, 'triggers'] },
    short: { records: 0, crashes: 0 },
    possible: ['two checkpoints pending', 'a subsumption'],
  }),
  scenario({
    name: 'restored at the end',
    about: 'bounded, a crash after the final checkpoint: what had finished only says so again',
    full: { bounded: true, records: 1, periodic: 1, crashes: 1, slow: [...needed, 'ends: task'] },
    short: { sources: 1 },
    possible: ['the job finishes', 'a subtask restored at its end'],
  }),
  scenario({
    name: 'late writes',
    about: 'a process dies, and what it had ordered still reaches the disk; the newer owner refuses it',
    full: { periodic: 2, deaths: 1, lingering: true, slow: [...needed, 'writes: task', 'discards'], expiries: 1 },
    short: { sources: 1, records: 0 },
    possible: ['a new process goes on from a checkpoint'],
  }),
  scenario({
    name: 'unaligned',
    about: 'barriers overtake records, which become part of the snapshot; a crash',
    full: { periodic: 2, coordinator: { unaligned: { alignedTimeoutMs: undefined } }, ...failing, expiries: 1 },
    short: { periodic: 1, expiries: 1 },
    possible: ['a restore of records that were on their way', 'an expiry'],
  }),
  scenario({
    name: 'aligned with timeout',
    about: 'barriers wait, until they no longer do; a crash',
    full: { periodic: 1, coordinator: { unaligned: { alignedTimeoutMs: 1 } }, ...failing, expiries: 1 },
    short: { expiries: 0 },
    possible: ['a restore of records that were on their way', 'each input blocked, first one'],
  }),
  scenario({
    name: 'strays',
    about: 'a message comes that nobody waits for',
    full: {
      periodic: 1,
      requests: ['stop-suspend'],
      crashes: 1,
      sources: 1,
      records: 0,
      strays: ['source-0', 'task', 'coordinator', 'savepoints'],
      slow: ['manifests', 'starts', 'steps'],
    },
    short: { strays: ['task', 'coordinator', 'savepoints'] },
    possible: ['the job finishes', 'a savepoint is published'],
  }),
  scenario({
    name: 'ends',
    about: 'cancel, suspend, fatal and other failures come twice, at any time',
    full: {
      periodic: 1,
      requests: ['stop-suspend'],
      crashes: 2,
      fatal: true,
      sources: 1,
      records: 0,
      strays: ['job'],
      ends: 'cancel',
      slow: ['manifests', 'cancels'],
    },
    short: { crashes: 1, slow: ['manifests', 'orders'] },
    possible: ['the job finishes', 'the job fails', 'the job is canceled', 'the job is suspended'],
  }),
  scenario({
    name: 'bounded, unaligned',
    about: 'the data ends while barriers overtake or wait for some time',
    full: {
      bounded: true,
      periodic: 1,
      coordinator: { unaligned: { alignedTimeoutMs: 1 } },
    },
    short: { coordinator: { unaligned: { alignedTimeoutMs: undefined } } },
    possible: ['the job finishes'],
  }),
  scenario({
    name: 'queue',
    about: 'requests that find no room; tasks that finish for good while checkpoints are not taken of them',
    full: {
      bounded: true,
      sources: 2,
      records: 0,
      periodic: 0,
      requests: ['savepoint', 'stop-suspend', 'savepoint'],
      coordinator: { intervalMs: undefined, queueMax: 0, afterTasksFinish: false },
      slow: [...needed, 'ends'],
    },
    short: { sources: 1 },
    possible: ['the job finishes'],
  }),
]

/** What is checked of a scenario besides the checkers. */
export const propertiesOf = (
  options: CheckpointModelOptions,
  possible: readonly Possibility[],
): readonly Property[] => [...endings(options), ...possible.map((name) => possibilities[name])]

export const scenarioCalled = (name: string): Scenario | undefined => scenarios.find((one) => one.name === name)
