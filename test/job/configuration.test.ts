import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../src/core/nearest-name.ts'
import { checkpointKeys } from '../../src/job/checkpoint-keys.ts'
import { readConfiguration } from '../../src/job/configuration.ts'
import { configurationKey } from '../../src/job/configuration-key.ts'
import { allConfigurationKeys, configurationKeys as keys } from '../../src/job/configuration-keys.ts'
import {
  decimal,
  duration,
  flag,
  integer,
  list,
  oneOf,
  parseDurationMs,
  words,
} from '../../src/job/configuration-value.ts'
import { restartKeys } from '../../src/job/job-keys.ts'

const entry = (key: string, value: unknown, origin = 'test') => ({ key, value, origin })
const read = (...entries: readonly ReturnType<typeof entry>[]) => readConfiguration([entries])
const refusal = (key: string, value: unknown) => {
  try {
    read(entry(key, value, 'tidemark.yaml, line 3'))
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('was accepted')
}

describe('values', () => {
  it('reads durations with and without units', () => {
    const durations = {
      '10 min': 600_000,
      '200ms': 200,
      '1 s': 1_000,
      '7': 7,
      '2 H': 7_200_000,
      '1d': 86_400_000,
      '0': 0,
    }
    for (const [text, ms] of Object.entries(durations)) expect(parseDurationMs(text), text).toBe(ms)
    for (const text of ['', 'soon', '-1 s', '1.5 s', '1 year', '9999999999999999 d']) {
      expect(parseDurationMs(text), text).toBeUndefined()
    }
    expect(duration(1).read('0')).toBeUndefined()
    expect([600_000, 90_000, 1, 0].map(duration(0).print)).toEqual(['10 min', '90 s', '1 ms', '0 ms'])
  })

  it('reads the other kinds, and only them', () => {
    expect(['1', '0', '-1', '1.0', 'x', ''].map(integer(0, 5).read)).toEqual([1, 0, ...Array(4).fill(undefined)])
    expect(integer(0, 5).read('6')).toBeUndefined()
    expect(['1.5', '0.5', '1e3', '.'].map(decimal(1, 2).read)).toEqual([1.5, undefined, undefined, undefined])
    expect(['TRUE', 'false', '1', 'constructor'].map(flag.read)).toEqual([true, false, undefined, undefined])
    expect(oneOf(['at-least-once'], { alo: 'at-least-once' }).read('AT_LEAST_ONCE')).toBe('at-least-once')
    expect(oneOf(['a'], { b: 'a' }).read('b')).toBe('a')
    expect(oneOf(['a']).read('toString')).toBeUndefined()
    expect(words('x').read('  ')).toBeUndefined()
    expect(list('x').read('a; b')).toEqual(['a', 'b'])
    expect(list('x').read('a;;b')).toBeUndefined()
  })
})

describe('the table of keys', () => {
  it('takes a name and its aliases from one row', () => {
    expect(configurationKey('job', 'a.b c.d e', flag, true, 'About.')).toMatchObject({
      name: 'a.b',
      aliases: ['c.d', 'e'],
    })
    expect(allConfigurationKeys).toContain(checkpointKeys.interval)
    expect(allConfigurationKeys).toContain(restartKeys.restart)
  })

  it('has every name once', () => {
    const names = allConfigurationKeys.flatMap(({ name, aliases }) => [name, ...aliases])
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it.each(allConfigurationKeys.filter(({ fallback }) => fallback !== undefined))(
    'accepts the default of $name as it is printed',
    ({ kind, fallback }) => {
      expect(kind.read(kind.print(fallback))).toEqual(fallback)
    },
  )
})

describe('readConfiguration', () => {
  it('gives defaults for what is not set', () => {
    const configuration = read()
    expect([configuration.get(keys.port), configuration.get(keys.timeout)]).toEqual([8081, 600_000])
    expect(configuration.get(keys.interval)).toBeUndefined()
    expect(configuration.find(keys.port)).toBeUndefined()
  })

  it('lets a later source win over an earlier one, under any name of the key', () => {
    const configuration = readConfiguration([
      [entry('state.backend.fs.checkpointdir', '/old'), entry('rest.port', 1)],
      [entry('execution.checkpointing.dir', '/new', '-Dexecution.checkpointing.dir')],
    ])
    expect(configuration.find(keys.checkpointDir)).toEqual({
      value: '/new',
      writtenAs: 'execution.checkpointing.dir',
      origin: '-Dexecution.checkpointing.dir',
    })
    expect(configuration.get(keys.port)).toBe(1)
    expect(configuration.names).toEqual(['state.checkpoints.dir', 'rest.port'])
  })

  it('reads what Flink wrote, in every era', () => {
    const configuration = read(
      entry('savepoints.state.backend', 'filesystem'),
      entry('savepoints.state.backend.fs.dir', '/sp'),
      entry('state.backend', 'hashmap'),
      entry('execution.checkpointing.mode', 'AT_LEAST_ONCE'),
      entry('execution.checkpointing.externalized-checkpoint-retention', 'NO_EXTERNALIZED_CHECKPOINTS'),
      entry('restart-strategy', 'disable'),
    )
    expect(configuration.get(keys.savepointDir)).toBe('/sp')
    expect(configuration.get(keys.stateBackend)).toBe('heap')
    expect(configuration.get(keys.mode)).toBe('at-least-once')
    expect(configuration.get(keys.retention)).toBe('delete')
    expect(configuration.get(keys.restart)).toBe('none')
  })

  it('suggests the nearest key for one that does not exist', () => {
    const error = refusal('execution.checkpointing.intervall', '1 s')
    expect(error.code).toBe('CONFIG_KEY_UNKNOWN')
    expect(error.message).toBe(
      'There is no configuration key "execution.checkpointing.intervall" (tidemark.yaml, line 3); ' +
        'did you mean "execution.checkpointing.interval"?',
    )
    expect(refusal('bananas', 1).message).not.toContain('did you mean')
    expect(refusal('__proto__', 1).code).toBe('CONFIG_KEY_UNKNOWN')
  })

  it('names key, value, origin and what was expected', () => {
    const cases: readonly (readonly [string, unknown, string])[] = [
      ['rest.port', '80810', '"rest.port" is "80810" (tidemark.yaml, line 3): expected an integer from -1 to 65535.'],
      [
        'state.backend',
        'Rocks DB',
        'expected one of heap, lmdb, jobmanager, filesystem, hashmap, or the name of a state',
      ],
      ['execution.checkpointing.interval', 0, 'of at least 1 ms.'],
      ['rest.address', null, '"rest.address" is no value'],
      ['parallelism.default', [2], '"parallelism.default" is [2]'],
    ]
    for (const [key, value, part] of cases) {
      const error = refusal(key, value)
      expect(error.code).toBe('CONFIG_VALUE_INVALID')
      expect(error.message).toContain(part)
    }
  })

  it('does not print a token', () => {
    expect(() => read(entry('rest.token', ['secret']))).toThrow(expect.not.stringContaining('secret'))
  })

  it('refuses one source that sets a key twice to different values', () => {
    const twice = (second: string) =>
      read(entry('state.savepoints.dir', '/a'), entry('savepoints.state.backend.fs.dir', second))
    expect(() => twice('/b')).toThrow(/expected the same as "state.savepoints.dir"/)
    expect(twice('/a').get(keys.savepointDir)).toBe('/a')
  })
})

describe('nearest', () => {
  it('finds small mistakes and nothing else', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(nearest('cancle', ['list', 'cancel'])).toBe('cancel')
    expect(nearest('zzz', ['list', 'cancel'])).toBeUndefined()
  })
})
