import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/core/limits.ts'
import {
  aligningOf,
  type BarrierAlignment,
  barrierOutcome,
  beginHandling,
  beginRecording,
  canClose,
  cancelOutcome,
  canEnd,
  closeChannel,
  completeOf,
  endChannel,
  endRecording,
  giveUp,
  hopelessOf,
  initialAlignment,
  isOver,
  receiveBarrier,
  receiveRecorded,
  rememberAborted,
  timeOut,
  unrecordedOf,
} from '../../../src/machines/subtask/barrier-alignment.ts'
import { hasChannel, noChannels, withChannel } from '../../../src/machines/subtask/channel-set.ts'
import { facts, id } from './alphabet.ts'
import { base } from './rows.ts'

const exactlyOnce = initialAlignment(base)
const atLeastOnce = initialAlignment({ ...base, mode: 'at-least-once' })
const receive = (state: BarrierAlignment, ...barriers: readonly (readonly [channel: number, n: number])[]) =>
  barriers.reduce((next, [channel, n]) => receiveBarrier(next, channel, facts(n)), state)
const only = (channel: number) => withChannel(noChannels, channel)
const closed = (state: BarrierAlignment, channel: number) => closeChannel(endChannel(state, channel), channel)

const arrivedAndClosed = closed(receive(initialAlignment({ ...base, mode: 'at-least-once', channels: 3 }), [0, 1]), 0)

describe('the outcome of a barrier', () => {
  it.each([
    ['the first of two', exactlyOnce, 0, 1, 'first'],
    ['the last of two', receive(exactlyOnce, [0, 1]), 1, 1, 'last'],
    ['on the only input', initialAlignment({ ...base, channels: 1 }), 0, 1, 'last'],
    ['the other input is closed', closed(exactlyOnce, 1), 0, 1, 'last'],
    ['an input that is closed had its barrier, another has not', arrivedAndClosed, 1, 1, 'joined'],
    ['the other input has only ended', endChannel(exactlyOnce, 1), 0, 1, 'first'],
    ['the second of three', receive(initialAlignment({ ...base, channels: 3 }), [0, 1]), 1, 1, 'joined'],
    ['newer than what is aligning', receive(exactlyOnce, [0, 1]), 1, 2, 'superseding'],
    ['older than what is aligning', receive(exactlyOnce, [0, 2]), 1, 1, 'old'],
    ['on a blocked input', receive(exactlyOnce, [0, 1]), 0, 2, 'misplaced'],
    ['on a closed input', closed(exactlyOnce, 0), 0, 1, 'misplaced'],
    ['on an unknown input', exactlyOnce, 2, 1, 'misplaced'],
    ['after its snapshot', beginHandling(exactlyOnce, id(1)), 0, 1, 'old'],
    ['after it was given up', giveUp(exactlyOnce, id(1)), 0, 1, 'old'],
    ['after the coordinator aborted it', rememberAborted(exactlyOnce, id(1)), 0, 1, 'aborted'],
    ['twice, at-least-once', receive(atLeastOnce, [0, 1]), 0, 1, 'misplaced'],
    ['a second checkpoint, at-least-once', receive(atLeastOnce, [0, 1]), 0, 2, 'first'],
    ['completes the older one, at-least-once', receive(atLeastOnce, [0, 1], [0, 2]), 1, 1, 'last'],
  ] as const)('%s', (_name, state, channel, n, outcome) => {
    expect(barrierOutcome(state, channel, id(n))).toBe(outcome)
  })
})

describe('barriers and closed inputs in any order', () => {
  it('complete a checkpoint exactly when each input has either', () => {
    const steps = fc.array(fc.record({ channel: fc.nat(4), n: fc.integer({ min: 1, max: 3 }), closes: fc.boolean() }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), steps, (channels, all) => {
        let state = initialAlignment({ ...base, channels, mode: 'at-least-once' })
        for (const { channel, n, closes } of all) {
          if (closes && canEnd(state, channel)) state = closed(state, channel)
          if (closes) continue
          const outcome = barrierOutcome(state, channel, id(n))
          if (outcome === 'misplaced') continue
          state = receive(state, [channel, n])
          const { arrived } = state.pending.find((one) => one.facts.checkpointId === n)!
          const each = state.channels.every((one, index) => one === 'closed' || hasChannel(arrived, index))
          expect([n, outcome === 'last']).toEqual([n, each])
        }
        const ids = state.pending.map((one) => one.facts.checkpointId)
        expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b))
      }),
    )
  })
})

describe('the outcome of a cancel marker', () => {
  it.each([
    ['of what is aligning', receive(exactlyOnce, [0, 1]), 1, 1, 'aligning'],
    ['of something newer', receive(exactlyOnce, [0, 1]), 1, 2, 'superseding'],
    ['of something older', receive(exactlyOnce, [0, 2]), 1, 1, 'old'],
    ['of something unseen', exactlyOnce, 0, 3, 'new'],
    ['of what is counted, at-least-once', receive(atLeastOnce, [0, 1]), 1, 1, 'new'],
    ['of what is over', giveUp(exactlyOnce, id(1)), 0, 1, 'old'],
    ['on a blocked input', receive(exactlyOnce, [0, 1]), 0, 1, 'misplaced'],
  ] as const)('%s', (_name, state, channel, n, outcome) => {
    expect(cancelOutcome(state, channel, id(n))).toBe(outcome)
  })
})

describe('inputs', () => {
  it('end before they close, once, and not while they are blocked', () => {
    expect([canEnd(exactlyOnce, 0), canClose(exactlyOnce, 0)]).toEqual([true, false])
    const ended = endChannel(exactlyOnce, 0)
    expect([canEnd(ended, 0), canClose(ended, 0)]).toEqual([false, true])
    expect(canClose(closed(exactlyOnce, 0), 0)).toBe(false)
    expect(canEnd(receive(exactlyOnce, [0, 1]), 0)).toBe(false)
  })

  it('that close complete every checkpoint they held back, the oldest first', () => {
    const both = closed(receive(atLeastOnce, [0, 1], [0, 2]), 1)
    expect(completeOf(both)?.facts.checkpointId).toBe(1)
    const second = beginHandling(both, id(1))
    expect(completeOf(second)?.facts.checkpointId).toBe(2)
    expect(completeOf(beginHandling(second, id(2)))).toBeUndefined()
  })
})

describe('at-least-once', () => {
  it('gives up what a newer snapshot has overtaken', () => {
    const overtaken = beginHandling(receive(atLeastOnce, [0, 1], [0, 2]), id(2))
    expect(hopelessOf(overtaken)?.facts.checkpointId).toBe(1)
    expect(hopelessOf(giveUp(overtaken, id(1)))).toBeUndefined()
  })

  it(`counts ${limits.alignmentsTrackedMax} checkpoints and gives up the oldest beyond that`, () => {
    const ids = Array.from({ length: limits.alignmentsTrackedMax }, (_, index) => index + 1)
    const full = receive(atLeastOnce, ...ids.map((n) => [0, n] as const))
    expect(hopelessOf(full)).toBeUndefined()
    expect(hopelessOf(receive(full, [0, ids.length + 1]))?.facts.checkpointId).toBe(1)
  })

  it('lets an older checkpoint go on when a newer one is given up', () => {
    const given = giveUp(receive(atLeastOnce, [0, 1], [0, 2]), id(2))
    expect([isOver(given, id(1)), isOver(given, id(2))]).toEqual([false, true])
    expect(barrierOutcome(given, 1, id(1))).toBe('last')
    expect(beginHandling(given, id(1))).toMatchObject({ handledUpTo: 2, over: [], pending: [] })
  })
})

describe('at-least-once, when a checkpoint is given up before the barriers of an older one have come', () => {
  it('still counts the older one, whose snapshot then covers both', () => {
    const given = giveUp(atLeastOnce, id(2))
    expect(given).toMatchObject({ handledUpTo: 0, over: [2] })
    expect([barrierOutcome(given, 0, id(1)), barrierOutcome(given, 0, id(2))]).toEqual(['first', 'old'])
    expect(beginHandling(given, id(1))).toMatchObject({ handledUpTo: 2, over: [] })
  })

  it('remembers what the coordinator aborted until its barrier comes, and not longer', () => {
    expect(giveUp(rememberAborted(atLeastOnce, id(2)), id(2)).aborted).toEqual([])
  })

  it(`remembers ${limits.recentCheckpointsMax} of them, and gives up what is older than these`, () => {
    const ids = Array.from({ length: limits.recentCheckpointsMax }, (_, index) => id(index + 3))
    const full = ids.reduce(giveUp, receive(atLeastOnce, [0, 1]))
    expect([full.handledUpTo, full.over, hopelessOf(full)]).toEqual([0, ids, undefined])
    const beyond = giveUp(full, id(100))
    expect([beyond.handledUpTo, beyond.over.length]).toEqual([limits.recentCheckpointsMax + 2, 1])
  })
})

describe('what the coordinator aborted', () => {
  it('is forgotten when it is over', () => {
    expect(giveUp(rememberAborted(exactlyOnce, id(1)), id(1)).aborted).toEqual([])
    expect(rememberAborted(giveUp(exactlyOnce, id(1)), id(1)).aborted).toEqual([])
  })

  it(`is remembered for ${limits.recentCheckpointsMax} checkpoints, the newest`, () => {
    const ids = Array.from({ length: limits.recentCheckpointsMax + 1 }, (_, index) => id(index + 1))
    expect(ids.reduce(rememberAborted, exactlyOnce).aborted).toEqual(ids.slice(1))
  })
})

/** What the chart does with each outcome, in short. */
function deliver(state: BarrierAlignment, channel: number, n: number): BarrierAlignment {
  const aligning = aligningOf(state)
  switch (barrierOutcome(state, channel, id(n))) {
    case 'first':
    case 'joined':
      return receive(state, [channel, n])
    case 'superseding':
      return receive(giveUp(state, aligning!.facts.checkpointId), [channel, n])
    case 'last':
      return beginHandling(state, id(n))
    case 'aborted':
      return giveUp(state, id(n))
    default:
      return state
  }
}

describe('whatever comes in whatever order', () => {
  const moves = fc.array(
    fc.record({
      kind: fc.constantFrom('barrier', 'barrier', 'barrier', 'giveUp', 'abort', 'end', 'close'),
      channel: fc.integer({ min: 0, max: 2 }),
      n: fc.integer({ min: 1, max: 6 }),
    }),
    { maxLength: 40, size: 'max' },
  )
  const mode = fc.constantFrom('exactly-once', 'at-least-once')

  it('ids that are over stay over, pending ids rise, and exactly-once aligns one at a time', () => {
    fc.assert(
      fc.property(mode, moves, (chosen, steps) => {
        let state = initialAlignment({ ...base, channels: 3, mode: chosen })
        for (const { kind, channel, n } of steps) {
          const before = state
          if (kind === 'barrier') state = deliver(state, channel, n)
          if (kind === 'giveUp') state = giveUp(state, id(n))
          if (kind === 'abort') state = rememberAborted(state, id(n))
          if (kind === 'end' && canEnd(state, channel)) state = endChannel(state, channel)
          if (kind === 'close' && canClose(state, channel)) state = closeChannel(state, channel)
          const pending = state.pending.map(({ facts: { checkpointId } }) => checkpointId)
          expect(state.handledUpTo).toBeGreaterThanOrEqual(before.handledUpTo)
          for (let past = 1; past <= 6; past++) if (isOver(before, id(past))) expect(isOver(state, id(past))).toBe(true)
          expect(pending).toEqual([...new Set(pending)].toSorted((a, b) => a - b))
          if (chosen === 'exactly-once') expect(pending.length).toBeLessThanOrEqual(1)
          expect(pending.filter((one) => state.over.includes(one))).toEqual([])
        }
      }),
    )
  })
})

describe('a checkpoint that is recorded', () => {
  const three = initialAlignment({ ...base, channels: 3 })
  const recording = beginRecording(three, 0, facts(4))

  it('lacks the barriers of the open inputs that have not delivered them', () => {
    expect(unrecordedOf(recording)).toEqual([1, 2])
    expect(unrecordedOf(beginRecording(three, undefined, facts(4)))).toEqual([0, 1, 2])
    expect(unrecordedOf(beginRecording(endChannel(three, 1), 0, facts(4)))).toEqual([2])
    expect(unrecordedOf(beginRecording(receive(three, [1, 4]), 0, facts(4)))).toEqual([2])
  })

  it('is over when each has delivered it or has ended, also at once', () => {
    expect(receiveRecorded(endChannel(recording, 1), 2).recording).toBeUndefined()
    expect(endChannel(receiveRecorded(recording, 1), 2).recording).toBeUndefined()
    expect(beginRecording(endChannel(exactlyOnce, 1), 0, facts(4)).recording).toBeUndefined()
    expect(endRecording(recording).recording).toBeUndefined()
    expect(receiveRecorded(three, 1)).toBe(three)
  })

  it('says unaligned from then on, and counts as begun for everything else', () => {
    expect(recording.recording?.facts).toEqual({ ...facts(4), alignment: { type: 'unaligned' } })
    expect([recording.handledUpTo, recording.pending]).toEqual([4, []])
  })

  it.each([
    ['missing, and not the last', recording, 1, 4, 'recorded'],
    ['missing, and the last', receiveRecorded(recording, 1), 2, 4, 'recorded-last'],
    ['there already', recording, 0, 4, 'misplaced'],
    ['of an input that has ended', endChannel(recording, 1), 1, 4, 'old'],
    ['older', recording, 1, 3, 'old'],
    ['newer', recording, 1, 5, 'first'],
    ['of an unknown input', recording, 3, 4, 'misplaced'],
  ] as const)('meets a barrier that is %s', (_name, state, channel, n, outcome) => {
    expect(barrierOutcome(state, channel, id(n))).toBe(outcome)
  })

  it('is what a cancel marker of its id means', () => {
    const outcomes = [3, 4, 5].map((n) => cancelOutcome(recording, 1, id(n)))
    expect(outcomes).toEqual(['old', 'recording', 'new'])
  })

  it('comes of an alignment that takes too long', () => {
    const timed = timeOut(receive(three, [1, 4]))
    expect(timed.pending).toEqual([{ facts: { ...facts(4), alignment: { type: 'unaligned' } }, arrived: only(1) }])
    expect(timeOut(three)).toBe(three)
  })
})

describe('a checkpoint that the coordinator asks for while records are on their way', () => {
  it('is pending with no barrier, and complete when all inputs have closed', () => {
    const asked = receiveBarrier(exactlyOnce, undefined, facts(1))
    expect([aligningOf(asked)?.arrived, completeOf(asked)]).toEqual([noChannels, undefined])
    expect(completeOf(closed(closed(asked, 0), 1))?.facts).toEqual(facts(1))
    expect(receiveBarrier(receive(exactlyOnce, [0, 1]), undefined, facts(1)).pending[0]?.arrived).toEqual(only(0))
  })
})
