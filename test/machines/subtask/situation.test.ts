import { describe, expect, it } from 'vitest'
import { changes } from '../../../src/machines/subtask/changes.ts'
import { channelIn, checkpointIn, factsIn, initialContext, questions } from '../../../src/machines/subtask/situation.ts'
import { alphabet, facts, id, on } from './alphabet.ts'
import { base } from './rows.ts'

describe('the questions of the guards', () => {
  const contexts = [0, 1, 2].map((channels) => initialContext({ ...base, channels }))
  const waiting = { ...contexts[2]!, ...changes.receiveBarrier({ context: contexts[2]!, event: on.barrier(0, 1) }) }

  it.each(Object.keys(questions) as (keyof typeof questions)[])('%s is answered for any event', (name) => {
    const answers = [...contexts, waiting].flatMap((context) =>
      alphabet(2, ['checkpoint', 'stop-drain']).map((event) => questions[name]({ context, event })),
    )
    expect(new Set(answers.map((answer) => typeof answer))).toEqual(new Set(['boolean']))
  })

  it('answer anew about the same barrier once the context is another', () => {
    const event = on.barrier(1, 1)
    const asked = [contexts[2]!, waiting, contexts[2]!].map((context) => [
      questions.barrierFirst({ context, event }),
      questions.barrierLast({ context, event }),
    ])
    expect(asked).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ])
  })

  it('take an event that is about no checkpoint and no input for what it is', () => {
    expect([channelIn(on.deployed), checkpointIn(on.deployed)]).toEqual([-1, 0])
    expect(factsIn(on.barrier(0, 3, 'savepoint'))).toEqual(facts(3, 'savepoint'))
    expect(factsIn(on.aborted(3))).toEqual({ checkpointId: 3, timestamp: 0, kind: 'checkpoint' })
  })
})

describe('the changes of the context', () => {
  it('leave the context they are given as it was', () => {
    const context = initialContext(base)
    const before = structuredClone(context)
    const begun = { ...context, ...changes.beginSnapshot({ context, event: on.trigger(1) }) }
    changes.forget({ context: begun, event: on.aborted(1) })
    expect(context).toEqual(before)
    expect(begun.snapshots).toEqual([{ facts: facts(1), ended: false, stage: 'taking' }])
    expect(begun.barriers.handledUpTo).toBe(id(1))
  })
})
