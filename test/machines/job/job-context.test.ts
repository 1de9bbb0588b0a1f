import { describe, expect, it } from 'vitest'
import { changes, failureIn, initialContext, questions, restartDelayMs } from '../../../src/machines/job/job-context.ts'
import { alphabet, failure, jobOf, on, subtasks } from './alphabet.ts'

const context = initialContext(jobOf({ strategy: 'fixed-delay', attempts: 1, delayMs: 700 }))

describe('the questions of the guards', () => {
  it.each(Object.keys(questions) as (keyof typeof questions)[])('%s is answered for any event', (name) => {
    const answers = alphabet(2).map((event) => typeof questions[name]({ context, event }))
    expect(new Set(answers)).toEqual(new Set(['boolean']))
  })

  it.each([
    ['of the current attempt', on.reported(0, 'running'), true],
    ['of another attempt', on.reported(0, 'running', 2), false],
    ['of a stranger', on.reported(2, 'running'), false],
    ['of a subtask that is over', on.reported(1, 'running'), false],
  ] as const)('a report %s', (_name, event, news) => {
    const known = { ...context, ...changes.noteStatus({ context, event: on.reported(1, 'canceled') }) }
    expect(questions.isNews({ context: known, event })).toBe(news)
  })
})

describe('failures', () => {
  it('are judged when they happen, with the delay of the strategy', () => {
    const judged = { ...context, ...changes.judgeFailure({ context, event: on.crashed }) }
    expect(judged).toMatchObject({ failure, verdict: { type: 'restart' }, history: { restarts: 1 } })
    expect([restartDelayMs(context), restartDelayMs(judged)]).toEqual([0, 700])
  })

  it('that say nothing of themselves are named after the subtask', () => {
    const { failure: _said, ...silent } = on.reported(0, 'failed') as ReturnType<typeof on.reported> & {
      failure: unknown
    }
    expect(failureIn(silent as typeof on.crashed)).toMatchObject({ code: 'JOB_FAILED', restartable: true })
    expect(failureIn(silent as typeof on.crashed).message).toContain(subtasks[0])
  })
})

describe('the next attempt', () => {
  it('starts with nothing known of its subtasks', () => {
    const failed = { ...context, failure, ...changes.noteStatus({ context, event: on.reported(0, 'failed') }) }
    const next = { ...failed, ...changes.nextAttempt({ context: failed, event: on.timer() }) }
    expect(next).toMatchObject({ attempt: 2, statuses: ['created', 'created'], failure: undefined })
  })
})
