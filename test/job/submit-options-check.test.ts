import { describe, expect, it } from 'vitest'
import { knownOptions, shownValue } from '../../src/job/known-options.ts'
import { checkSubmitOptions } from '../../src/job/submit-options-check.ts'
import { countProgram } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

describe('options of a submission', () => {
  it('of every name pass', () => {
    const all = {
      name: 'count',
      fromSavepoint: '/s',
      allowNonRestoredState: true,
      stateMapping: [{ from: 'a', to: 'b' }],
      resume: false,
      claimMode: 'claim',
      jobId: 'ab'.repeat(16),
      defaults: {},
    }
    expect(() => checkSubmitOptions(all)).not.toThrow()
    expect(() => checkSubmitOptions({})).not.toThrow()
    expect(() => checkSubmitOptions({ stateMapping: undefined, fromSavepoint: undefined })).not.toThrow()
  })

  it.each([
    [null, /^null says nothing about a submission: expected an object with name, fromSavepoint/],
    [[], /says nothing/],
    [{ fromSavpoint: '/s' }, /^fromSavpoint is not an option of a submission: did you mean fromSavepoint\?$/],
    [{ zzzzzzzzzzzz: 1 }, /expected name, fromSavepoint/],
    [{ name: 5 }, /^name is 5: expected a text/],
    [{ fromSavepoint: 5 }, /^fromSavepoint is 5: expected the path/],
    [{ fromSavepoint: null }, /^fromSavepoint is null/],
    [{ fromSavepoint: '' }, /^fromSavepoint is ""/],
    [{ fromSavepoint: ['x'] }, /^fromSavepoint is \["x"\]/],
    [{ allowNonRestoredState: 'false' }, /^allowNonRestoredState is "false": expected true or false/],
    [{ resume: 'yes' }, /^resume is "yes"/],
    [{ claimMode: 'CLAIM' }, /^claimMode is "CLAIM": expected no_claim or claim/],
    [{ claimMode: null }, /Claim mode "null" is unknown/],
    [{ stateMapping: 'a=b' }, /^stateMapping is "a=b": expected a list of \{ from: 'operator'/],
    [{ stateMapping: null }, /^stateMapping is null/],
    [{ stateMapping: ['a=b'] }, /^stateMapping\[0\] is "a=b": expected \{ from:/],
    [{ stateMapping: [{ from: 'a', to: 'b' }, null] }, /^stateMapping\[1\] is null/],
    [{ stateMapping: [{ from: 'a' }] }, /^stateMapping\[0\] is \{"from":"a"\}/],
    [{ stateMapping: [{ from: 5, to: 'b' }] }, /^stateMapping\[0\] is/],
    [{ stateMapping: [{ from: 'a', too: 'b' }] }, /^too is not an option of stateMapping\[0\]: did you mean to\?/],
  ])('%j is refused in one sentence, by a submission and by its plan', async (options, message) => {
    const told = { code: 'ARGUMENT_INVALID', message: expect.stringMatching(message) }
    const { session } = new SimulatedProcess()
    const program = () => countProgram(new Feed(['to']).source, [], {})
    await expect(session.submit(program(), options as never)).rejects.toMatchObject(told)
    await expect(session.planRestore(program(), options as never)).rejects.toMatchObject(told)
    expect(session.jobs()).toEqual([])
  })
})

it('an id of a job that is none is refused', async () => {
  const submitted = new SimulatedProcess().submit(countProgram(new Feed([]).source, [], {}), { jobId: '../x' as never })
  await expect(submitted).rejects.toMatchObject({ code: 'JOB_ID_INVALID' })
})

it('a value is shown whatever it is, and not at any length', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  expect([shownValue(undefined), shownValue(5n), shownValue(cycle)]).toEqual(['undefined', '5', 'an object'])
  expect(shownValue('x'.repeat(1_000)).length).toBeLessThan(110)
})

it('no options at all are none', () => {
  expect(knownOptions(undefined, 'it', [])).toEqual({})
})
