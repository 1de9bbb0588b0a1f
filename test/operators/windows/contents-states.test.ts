import { describe, expect, it } from 'vitest'
import { eventTimeSessionWindows, tumblingEventTimeWindows } from '../../../src/operators/windows/assigners.ts'
import { contentsName, describeContents, evolutionOf } from '../../../src/operators/windows/contents-states.ts'
import type { WindowComputation, WindowDefinition } from '../../../src/operators/windows/definition.ts'
import { countEvictor } from '../../../src/operators/windows/evictors.ts'
import { mergingState } from '../../../src/operators/windows/merging-windows.ts'
import { separateState } from '../../../src/operators/windows/separate-windows.ts'

const aggregate = {
  version: 3,
  migrate: (old: unknown, version: number) => `${old} of ${version}`,
  createAccumulator: () => '',
  add: () => '',
  getResult: (text: unknown) => text,
}
const aggregating: WindowComputation = { type: 'aggregate', aggregate, finish: undefined }
const reducing: WindowComputation = { type: 'reduce', reduce: (a) => a, finish: undefined }
const collecting: WindowComputation = { type: 'elements', process: { process() {} } }
const definition: WindowDefinition = {
  assigner: tumblingEventTimeWindows(10),
  trigger: undefined,
  evictor: undefined,
  allowedLatenessMs: 0,
  lateTag: undefined,
  computation: collecting,
  inputs: 1,
}
const evictor = countEvictor(1)

describe('the name of a state says what windows keep in it', () => {
  it.each<[string, Partial<WindowDefinition>]>([
    ['window-accumulators', { computation: aggregating }],
    ['window-records', { computation: reducing }],
    ['window-elements', {}],
    ['window-joined-elements', { inputs: 2 }],
    ['window-timed-elements', { computation: aggregating, evictor }],
    ['window-timed-elements', { computation: reducing, evictor }],
    ['window-timed-joined-elements', { inputs: 2, evictor }],
    ['all-window-records', { computation: reducing, nonParallel: true }],
  ])('%s', (name, parts) => {
    expect(contentsName('window', { ...definition, ...parts })).toBe(name)
    expect(describeContents(name)).toMatch(/, in windows (by key|of all records)$/)
  })

  it('and how it is laid out', () => {
    expect(describeContents(contentsName('session', definition))).toBe('all elements, in merged windows by key')
    const sums = contentsName('pane-sum', { ...definition, computation: reducing }, '30 every 10 from 0')
    expect(sums).toBe('pane-sum-records 30 every 10 from 0')
    expect(describeContents(sums)).toBe(
      'reduced records, in sums of panes of sliding windows 30 every 10 from 0 by key',
    )
  })

  it.each(['window-event-timers', 'trigger:count', 'my-window-records', 'window-', 'records'])(
    'which %s is not',
    (name) => expect(describeContents(name)).toBeUndefined(),
  )
})

it('only accumulators have versions', () => {
  expect(evolutionOf({ ...definition, computation: aggregating }).version).toBe(3)
  for (const computation of [reducing, collecting]) expect(evolutionOf({ ...definition, computation })).toEqual({})
  expect(evolutionOf({ ...definition, computation: aggregating, evictor })).toEqual({})
})

it('refuses nothing as an accumulator', () => {
  const forgetful: WindowComputation = { ...aggregating, aggregate: { ...aggregate, migrate: () => undefined } }
  const { migrate } = evolutionOf({ ...definition, computation: forgetful })
  expect(() => migrate!('a', 1)).toThrow('The migrate function of the aggregate gave undefined')
})

it('migrates the contents of a window', () => {
  const { name, descriptor } = separateState({ ...definition, computation: aggregating })
  expect([name, descriptor.kind, descriptor.version]).toEqual(['window-accumulators', 'map', 3])
  expect((descriptor.migrate as (old: unknown, version: number) => unknown)('a', 2)).toBe('a of 2')
})

it('migrates the contents of merged windows one by one, and leaves those that were purged', () => {
  const sessions = { ...definition, assigner: eventTimeSessionWindows(10), computation: aggregating }
  const migrate = mergingState(sessions).descriptor.migrate as (old: unknown, version: number) => unknown
  expect(migrate([0, 10, 'a', 20, 30, undefined, 40, 50, 'c'], 2)).toEqual([
    0,
    10,
    'a of 2',
    20,
    30,
    undefined,
    40,
    50,
    'c of 2',
  ])
})
