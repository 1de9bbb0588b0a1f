import { describe, expect, it } from 'vitest'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { globalWindows, tumblingEventTimeWindows } from '../../src/operators/windows/assigners.ts'
import { countEvictor } from '../../src/operators/windows/evictors.ts'
import { countTrigger, purgingTrigger } from '../../src/operators/windows/triggers.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { checkAssigner, checkEvictor, checkTrigger } from '../../src/program/window-parts.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

const start = () => {
  const env = StreamEnvironment.create()
  const numbers = env.fromSource(source())
  return {
    env,
    numbers,
    keyed: numbers.keyBy((n) => n % 2),
    joined: numbers
      .join(numbers)
      .where((n) => n)
      .equalTo((n) => n),
  }
}
const assigner = tumblingEventTimeWindows(10)

describe('a part of windows without types', () => {
  const nameless = { description: undefined }
  it.each<[string, () => void, string]>([
    [
      'a trigger without description',
      () => checkTrigger('trigger', { ...countTrigger(1), ...nameless }),
      'trigger was given an object whose description is undefined: expected a few words',
    ],
    [
      'one with an empty one',
      () => checkTrigger('trigger', { ...countTrigger(1), description: '' }),
      "whose description is ''",
    ],
    [
      'a trigger without a function',
      () => checkTrigger('trigger', { ...countTrigger(1), clear: 1 }),
      'whose clear is a number',
    ],
    [
      'an evictor without description',
      () => checkEvictor('evictor', { ...countEvictor(1), ...nameless }),
      'evictor was given an object whose description',
    ],
    [
      'an evictor that does nothing',
      () => checkEvictor('evictor', { description: 'none' }),
      'whose after is undefined',
    ],
    [
      'an evictor whose before is no function',
      () => checkEvictor('evictor', { ...countEvictor(1), before: 1 }),
      'whose before is a number',
    ],
    ['nothing', () => checkEvictor('evictor', undefined), 'evictor was given undefined'],
    [
      'an assigner without description',
      () => checkAssigner('window', { ...assigner, ...nameless }),
      'window was given an object whose description',
    ],
    [
      'one of no time',
      () => checkAssigner('window', { ...assigner, timeDomain: 'eventTime' }),
      "whose timeDomain is 'eventTime': expected 'event-time' or 'processing-time'",
    ],
    [
      'one without a trigger',
      () => checkAssigner('window', { ...assigner, defaultTrigger: undefined }),
      'The defaultTrigger of the assigner of window was given undefined',
    ],
    [
      'one with windows of no size',
      () => checkAssigner('window', { ...assigner, aligned: { size: 0, slide: 10, offset: 0 } }),
      'whose aligned is {"size":0',
    ],
    [
      'one with too large an offset',
      () => checkAssigner('window', { ...assigner, aligned: { size: 10, slide: 10, offset: 10 } }),
      'the offset smaller than the slide',
    ],
    ['a purging trigger of nothing', () => purgingTrigger({} as never), 'purgingTrigger was given'],
  ])('is refused: %s', (_name, check, message) => {
    expect(failure(check)).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) })
  })

  it('is refused wherever it is given', () => {
    const { numbers, keyed, joined } = start()
    const given = [
      { ...assigner, ...nameless },
      { ...countTrigger(1), ...nameless },
      { ...countEvictor(1), ...nameless },
    ] as never[]
    const [badAssigner, badTrigger, badEvictor] = given as [never, never, never]
    for (const build of [
      () => keyed.window(badAssigner),
      () => numbers.windowAll(badAssigner),
      () => joined.window(badAssigner),
      () => keyed.window(assigner).trigger(badTrigger),
      () => joined.window(assigner).trigger(badTrigger),
      () => keyed.window(assigner).evictor(badEvictor),
      () => joined.window(assigner).evictor(badEvictor),
    ]) {
      expect(failure(build)).toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: expect.stringContaining('description'),
      })
    }
  })
})

describe('a function that gives no results', () => {
  /** What the last operator says of two records in one window. */
  function fails({ env }: { readonly env: StreamEnvironment }): string {
    const { operator, inputs } = env.toProgram().transformations.at(-1)!
    const key = () => 1
    const harness = new OperatorHarness(operator as OperatorFactory, inputs.length === 2 ? { key, key2: key } : { key })
    return failure(() => {
      harness.element(1, 1)
      if (inputs.length === 2) harness.element2(1, 1)
      else harness.element(2, 1)
    }).message
  }
  const parts = () => {
    const program = start()
    return {
      ...program,
      windows: program.keyed.window(globalWindows()).trigger(countTrigger(2)),
      pairs: program.joined.window(globalWindows()).trigger(countTrigger(2)),
    }
  }

  it.each<[string, (program: ReturnType<typeof parts>) => unknown, string]>([
    [
      'apply',
      ({ windows }) => windows.apply(() => 5 as never),
      'The apply function of operator "window" (no uid) returned 5: expected an iterable',
    ],
    [
      'an asynchronous apply',
      ({ windows }) => windows.apply((async () => [1]) as never),
      'The apply function of operator "window" (no uid) returned a promise',
    ],
    [
      'an asynchronous result',
      ({ windows }) =>
        windows.reduce(
          (a) => a,
          async () => 1,
        ),
      'The result function of reduce of operator "window" (no uid) returned a promise',
    ],
    [
      'flatApply',
      ({ pairs }) => pairs.flatApply(() => 5 as never),
      'The apply function of operator "window-join" (no uid) returned 5: expected an iterable',
    ],
    [
      'coGroup',
      ({ numbers }) =>
        numbers
          .coGroup(numbers)
          .where((n) => n)
          .equalTo((n) => n)
          .window(globalWindows())
          .trigger(countTrigger(2))
          .apply(() => undefined as never),
      'The apply function of operator "co-group" (no uid) returned undefined: expected an iterable',
    ],
    [
      'an evictor',
      ({ windows }) => windows.evictor({ description: 'all', before: () => undefined as never }).reduce((a) => a),
      'The before function of the evictor of operator "window" (no uid) returned undefined: expected an array of the elements that stay',
    ],
    [
      'an evictor afterwards',
      ({ windows }) => windows.evictor({ description: 'all', after: async () => [] } as never).reduce((a) => a),
      'The after function of the evictor of operator "window" (no uid) returned a promise',
    ],
    [
      'an evictor of a join',
      ({ pairs }) => pairs.evictor({ description: 'all', before: () => 5 as never }).apply(() => 1),
      'The function of the evictor of operator "window-join" (no uid) returned 5',
    ],
  ])('is named: %s', (_name, build, message) => {
    const program = parts()
    build(program)
    expect(fails(program)).toContain(message)
  })
})
