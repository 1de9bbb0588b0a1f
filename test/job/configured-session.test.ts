import { describe, expect, it } from 'vitest'
import { readConfiguration } from '../../src/job/configuration.ts'
import { configurationKeys } from '../../src/job/configuration-keys.ts'
import { jobDefaultsOf, sessionOptionsOf } from '../../src/job/configured-session.ts'
import { checkJobOptions } from '../../src/program/options.ts'

const read = (settings: Readonly<Record<string, unknown>>) =>
  readConfiguration([Object.entries(settings).map(([key, value]) => ({ key, value, origin: 'test' }))])
const options = (settings: Readonly<Record<string, unknown>>) => {
  const warnings: string[] = []
  const { checkpointStorage, savepoints } = sessionOptionsOf(read(settings), (level, text) =>
    warnings.push(`${level} ${text}`),
  )
  return { checkpointStorage, savepoints, warnings }
}

describe('storage', () => {
  it('keeps checkpoints and savepoints in the process when nothing is set', () => {
    expect(options({})).toEqual({
      checkpointStorage: { kind: 'jobmanager' },
      savepoints: { kind: 'jobmanager' },
      warnings: [],
    })
  })

  it('reads the keys of the seed and the current ones alike', () => {
    const expected = {
      checkpointStorage: { kind: 'filesystem', dir: '/c' },
      savepoints: { kind: 'filesystem', dir: '/s' },
      warnings: [],
    }
    const old = { 'state.backend': 'filesystem', 'state.backend.fs.checkpointdir': '/c' }
    const oldSavepoints = { 'savepoints.state.backend': 'filesystem', 'savepoints.state.backend.fs.dir': '/s' }
    expect(options({ ...old, ...oldSavepoints })).toEqual(expected)
    const current = { 'execution.checkpointing.storage': 'filesystem', 'execution.checkpointing.dir': '/c' }
    expect(options({ ...current, 'execution.checkpointing.savepoint-dir': '/s' })).toEqual(expected)
    expect(options({ 'state.checkpoints.dir': '/c', 'state.savepoints.dir': '/s', 'state.backend': 'heap' })).toEqual(
      expected,
    )
  })

  it('lets the storage key win over the old meaning of state.backend, and an explicit jobmanager over a directory', () => {
    const both = {
      'state.backend': 'filesystem',
      'state.checkpoint-storage': 'jobmanager',
      'state.checkpoints.dir': '/c',
    }
    expect(options(both).checkpointStorage).toEqual({ kind: 'jobmanager' })
    const explicit = { 'savepoints.state.backend': 'jobmanager', 'state.savepoints.dir': '/s' }
    expect(options(explicit).savepoints).toEqual({ kind: 'jobmanager' })
  })

  it('falls back to jobmanager savepoints without a directory, with a warning', () => {
    const { savepoints, warnings } = options({ 'savepoints.state.backend': 'filesystem' })
    expect(savepoints).toEqual({ kind: 'jobmanager' })
    expect(warnings).toEqual([
      expect.stringMatching(/^warn .*"savepoints.state.backend".*"savepoints.state.backend.fs.dir"/),
    ])
  })

  it('refuses filesystem checkpoints without a directory', () => {
    expect(() => options({ 'state.backend': 'filesystem' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_VALUE_INVALID',
        message: expect.stringContaining('state.checkpoints.dir'),
      }),
    )
  })
})

describe('the state backend', () => {
  const kindOf = (settings: Readonly<Record<string, unknown>>) =>
    sessionOptionsOf(read(settings), () => {}).stateBackend?.kind

  it('is the heap unless lmdb is asked for, under the name of Flink too', () => {
    expect(kindOf({})).toBeUndefined()
    expect(kindOf({ 'state.backend': 'hashmap' })).toBeUndefined()
    expect(kindOf({ 'state.backend': 'filesystem', 'state.checkpoints.dir': '/c' })).toBeUndefined()
    expect(kindOf({ 'state.backend.type': 'lmdb' })).toBe('lmdb')
  })

  it('says nothing of where checkpoints go', () => {
    const lmdb = { 'state.backend.type': 'lmdb' }
    expect(options(lmdb).checkpointStorage).toEqual({ kind: 'jobmanager' })
    expect(options({ ...lmdb, 'state.checkpoints.dir': '/c' }).checkpointStorage).toEqual({
      kind: 'filesystem',
      dir: '/c',
    })
  })

  it('reads sizes as Flink writes them', () => {
    const size = (text: string) => read({ 'state.backend.lmdb.cache-size': text }).get(configurationKeys.lmdbCacheSize)
    expect(['64mb', '1 gb', '100k', '7', '7 b'].map(size)).toEqual([2 ** 26, 2 ** 30, 102_400, 7, 7])
    for (const text of ['0', '1.5mb', 'mb', '5 apples']) {
      expect(() => size(text), text).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE_INVALID' }))
    }
  })
})

describe('jobDefaultsOf', () => {
  it('says only what was set', () => {
    expect(jobDefaultsOf(read({}))).toEqual({})
    expect(jobDefaultsOf(read({ 'execution.checkpointing.interval': '1 s' }))).toEqual({
      checkpoint: { intervalMs: 1_000 },
    })
  })

  it('maps every job key', () => {
    const defaults = jobDefaultsOf(
      read({
        'pipeline.name': 'n',
        'parallelism.default': 2,
        'pipeline.max-parallelism': 64,
        'pipeline.auto-generate-uids': false,
        'pipeline.operator-chaining': false,
        'execution.checkpointing.interval': '200ms',
        'execution.checkpointing.mode': 'AT_LEAST_ONCE',
        'execution.checkpointing.timeout': '1 min',
        'execution.checkpointing.min-pause': 5,
        'execution.checkpointing.max-concurrent-checkpoints': 3,
        'execution.checkpointing.tolerable-failed-checkpoints': 4,
        'state.checkpoints.num-retained': 6,
        'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
        'execution.checkpointing.checkpoints-after-tasks-finish.enabled': false,
        'execution.checkpointing.unaligned': true,
        'execution.checkpointing.aligned-checkpoint-timeout': '2 s',
      }),
    )
    expect(defaults).toEqual({
      name: 'n',
      parallelism: 2,
      maxParallelism: 64,
      autoGeneratedUids: false,
      chaining: false,
      checkpoint: {
        intervalMs: 200,
        mode: 'at-least-once',
        timeoutMs: 60_000,
        minPauseMs: 5,
        maxConcurrent: 3,
        tolerableFailures: 4,
        retained: 6,
        retention: 'retain-on-cancellation',
        afterTasksFinish: false,
        unaligned: true,
        alignedTimeoutMs: 2_000,
      },
    })
    checkJobOptions(defaults)
  })

  it('maps every restart strategy to options that a program could give', () => {
    const of = (settings: Readonly<Record<string, unknown>>) => {
      const defaults = jobDefaultsOf(read(settings))
      checkJobOptions(defaults)
      return defaults.restart
    }
    expect(of({ 'restart-strategy': 'none' })).toEqual({ strategy: 'none' })
    const fixed = { 'restart-strategy.fixed-delay.attempts': 5, 'restart-strategy.fixed-delay.delay': '2 s' }
    expect(of({ 'restart-strategy.type': 'fixed-delay', ...fixed })).toEqual({
      strategy: 'fixed-delay',
      attempts: 5,
      delayMs: 2_000,
    })
    expect(of({ 'restart-strategy': 'failure-rate' })).toMatchObject({ maxFailuresPerInterval: 1, delayMs: 1_000 })
    expect(of({ 'restart-strategy': 'exponentialdelay' })).toEqual({
      strategy: 'exponential-delay',
      initialBackoffMs: 1_000,
      maxBackoffMs: 60_000,
      backoffMultiplier: 1.5,
      resetBackoffThresholdMs: 3_600_000,
      jitterFactor: 0.1,
    })
  })
})
