import { describe, expect, it } from 'vitest'
import { savepointAsked, stopAsked } from '../../src/job/savepoint-request.ts'

const triggerId = '0123456789abcdef0123456789abcdef'

describe('what is asked of a job', () => {
  it('is a savepoint in a directory, in the configured place, or under a name', () => {
    const nothing = { kind: 'savepoint', dir: undefined, format: undefined, triggerId: undefined }
    expect([savepointAsked(undefined), savepointAsked({})]).toEqual([nothing, nothing])
    expect([savepointAsked('/s'), savepointAsked({ dir: '/s' })]).toEqual(Array(2).fill({ ...nothing, dir: '/s' }))
    expect(savepointAsked({ triggerId: ` ${triggerId.toUpperCase()}` })).toEqual({ ...nothing, triggerId })
  })

  it('is a stop, with and without a drain', () => {
    expect(stopAsked(undefined)).toEqual({ kind: 'stop', dir: undefined, format: undefined, triggerId: undefined })
    expect(stopAsked({ savepoint: true, drain: true })).toMatchObject({ kind: 'drain', dir: undefined })
    expect(stopAsked({ savepoint: '/s', triggerId })).toEqual({ kind: 'stop', dir: '/s', format: undefined, triggerId })
  })

  it('is a pointer or a self-contained savepoint, or what is configured', () => {
    for (const format of ['pointer', 'self-contained'] as const) {
      expect([savepointAsked({ format }).format, stopAsked({ format }).format]).toEqual([format, format])
    }
  })

  const wrong: readonly (readonly [unknown, string, RegExp])[] = [
    [null, 'ARGUMENT_INVALID', /^null says nothing about a (?:savepoint|stop): expected an object with/],
    [7, 'ARGUMENT_INVALID', /^7 says nothing/],
    [['/s'], 'ARGUMENT_INVALID', /^\["\/s"\] says nothing/],
    [{ trigerId: triggerId }, 'ARGUMENT_INVALID', /^trigerId is not an option of a .*did you mean triggerId\?$/],
    [{ somewhere: '/s' }, 'ARGUMENT_INVALID', /^somewhere is not an option .*expected /],
    [{ format: 'canonical' }, 'ARGUMENT_INVALID', /^"canonical" is not a format .*'pointer' or 'self-contained'\.$/],
    [{ triggerId: 'x' }, 'TRIGGER_ID_INVALID', /"x": expected 32 hex digits/],
    [{ triggerId: 7 }, 'TRIGGER_ID_INVALID', /"7"/],
  ]
  it.each(wrong)('is refused as %j', (given, code, message) => {
    for (const ask of [savepointAsked, stopAsked]) {
      expect(() => ask(given as never)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      )
    }
  })

  it.each([null, 7, '', {}])('is refused in the directory %j', (dir) => {
    const refused = expect.objectContaining({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('expected a'),
    })
    expect(() => savepointAsked({ dir: dir as string })).toThrow(refused)
    expect(() => stopAsked({ savepoint: dir as string })).toThrow(refused)
  })
})
