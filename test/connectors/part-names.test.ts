import { expect, it } from 'vitest'
import {
  committedNameOf,
  isHeirOf,
  isOfSink,
  isOlder,
  isOwnerName,
  markerNameOf,
  ownerIndexOf,
  ownerOf,
  parseMarkerName,
  parsePartName,
  partNameOf,
} from '../../src/connectors/part-names.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { jobOf, testContext } from './endpoint-harness.ts'

const owner = ownerOf(testContext({ subtaskIndex: 7 }))

it('reads what it has written', () => {
  const part = { owner, epoch: 12, attempt: 3, counter: 123_456_789 }
  expect(parsePartName(partNameOf(part))).toEqual(part)
  expect(parseMarkerName(markerNameOf(owner, 5))).toEqual({ owner, counter: 5 })
  expect([isOwnerName(owner), parsePartName(partNameOf(part))]).toEqual([true, part])
})

it('takes nothing else for a name of its own', () => {
  const part = partNameOf({ owner, epoch: 1, attempt: 0, counter: 0 })
  for (const name of [`../${part}`, `${part}.tmp`, markerNameOf(owner, 5), owner]) {
    expect([name, parsePartName(name)]).toEqual([name, undefined])
  }
  expect([isOwnerName(part), isOwnerName('../..'), parseMarkerName(part)]).toEqual([false, false, undefined])
})

it('commits the same counter of all incarnations under one name', () => {
  const names = [1, 2].map((epoch) => committedNameOf({ owner, epoch, attempt: 9, counter: 4 }))
  expect(names).toEqual(['part-aaaaaa-bbbbbb-7-00000004', 'part-aaaaaa-bbbbbb-7-00000004'])
})

it('orders incarnations by epoch, then by attempt', () => {
  const older = (epoch: number, attempt: number) =>
    isOlder({ owner, epoch, attempt, counter: 0 }, { epoch: 2, attempt: 1 })
  expect([older(1, 9), older(2, 0), older(2, 1), older(2, 2), older(3, 0)]).toEqual([true, true, false, false, false])
})

it('knows the subtasks of a sink by their names, and which one answers for those that are no more', () => {
  expect([ownerIndexOf(owner), ownerIndexOf('rubbish')]).toEqual([7, Number.NaN])
  const heirs = (parallelism: number) =>
    Array.from({ length: parallelism }, (_, subtaskIndex) => testContext({ subtaskIndex, parallelism }))
      .filter((context) => isHeirOf(owner, context))
      .map(({ subtaskIndex }) => subtaskIndex)
  expect([1, 2, 3, 7, 8, 9].map(heirs)).toEqual([[0], [1], [1], [0], [7], [7]])
  expect(isOfSink(owner, testContext({ subtaskIndex: 1 }))).toBe(true)
  expect(isOfSink(owner, testContext({ jobId: jobOf('c') }))).toBe(false)
  expect(isOfSink(owner, testContext({ operatorId: 'd'.repeat(32) as OperatorId }))).toBe(false)
})
