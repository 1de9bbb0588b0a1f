import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import type { Plugin } from '../../src/backends/plugin.ts'
import { readConfiguration } from '../../src/job/configuration.ts'
import { configurationKeys } from '../../src/job/configuration-keys.ts'
import { storageOptionsOf } from '../../src/job/configured-storage.ts'
import { memoryPlugin } from './memory-plugin.ts'

const read = (settings: Readonly<Record<string, unknown>>) =>
  readConfiguration([Object.entries(settings).map(([key, value]) => ({ key, value, origin: 'test' }))])
const options = (settings: Readonly<Record<string, unknown>>, plugins: readonly Plugin[] = []) => {
  const warnings: string[] = []
  const log = (level: string, text: string) => warnings.push(`${level} ${text}`)
  const { checkpointStorage, savepoints } = storageOptionsOf(read(settings), log, plugins)
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
    storageOptionsOf(read(settings), () => {}, []).stateBackend?.kind

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

describe('what plugins have', () => {
  const bucket = { kind: 'custom', url: 'mem://main' }
  const counting: Plugin = {
    name: 'counting',
    stateBackend: { name: 'counting', create: () => ({ ...heapStateBackend, kind: 'counting' }) },
  }
  const invalid = (message: string) =>
    expect.objectContaining({ code: 'CONFIG_VALUE_INVALID', message: expect.stringContaining(message) })

  it('is chosen by its scheme: as a kind, in the place, or in both', () => {
    const plugins = [memoryPlugin()]
    expect(options({ 'state.checkpoints.dir': 'MEM://main/' }, plugins).checkpointStorage).toEqual(bucket)
    expect(
      options({ 'state.checkpoint-storage': 'mem', 'state.checkpoints.dir': 'mem://main' }, plugins).checkpointStorage,
    ).toEqual(bucket)
    expect(options({ 'state.checkpoint-storage': 'mem' }, plugins).checkpointStorage).toEqual({
      kind: 'custom',
      url: 'mem://',
    })
    expect(options({ 'state.savepoints.dir': 'mem://main' }, plugins).savepoints).toEqual(bucket)
    expect(options({ 'savepoints.state.backend': 'mem' }, plugins)).toEqual({
      checkpointStorage: { kind: 'jobmanager' },
      savepoints: { kind: 'custom', url: 'mem://' },
      warnings: [],
    })
  })

  it('comes with the options of the session', () => {
    const plugins = [memoryPlugin()]
    expect(storageOptionsOf(read({}), () => {}, plugins).plugins).toBe(plugins)
    expect(storageOptionsOf(read({}), () => {}, [])).not.toHaveProperty('plugins')
    expect(() => storageOptionsOf(read({}), () => {}, [counting, counting])).toThrow(
      expect.objectContaining({ code: 'PLUGIN_INVALID' }),
    )
  })

  it('may be the state backend', () => {
    const backend = (name: string) => storageOptionsOf(read({ 'state.backend.type': name }), () => {}, [counting])
    expect(backend('counting').stateBackend?.kind).toBe('counting')
    expect(backend('heap').stateBackend).toBeUndefined()
    expect(() => backend('rocksdb')).toThrow(
      invalid(
        '"state.backend.type" is "rocksdb" (test): expected one of heap, lmdb, jobmanager, filesystem, hashmap, or the name of ' +
          'a state backend of a plugin (those of the loaded plugins: counting; "tidemark.plugins" names their modules).',
      ),
    )
  })

  it('is named with what there is when nothing has it', () => {
    const kinds = "one of jobmanager, filesystem, or a plugin's scheme"
    const places = "a directory, or a URL of a plugin's scheme"
    for (const [key, value, expected] of [
      ['state.checkpoint-storage', 'bucket', kinds],
      ['savepoints.state.backend', 'bucket', kinds],
      ['state.checkpoints.dir', 'bucket://main', places],
      ['state.savepoints.dir', 'bucket://main', places],
    ] as const) {
      const settings = { [key]: value }
      expect(() => options(settings)).toThrow(
        invalid(
          `"${key}" is "${value}" (test): expected ${expected} (no plugin with one is loaded; "tidemark.plugins" names ` +
            'their modules).',
        ),
      )
      expect(() => options(settings, [memoryPlugin()])).toThrow(invalid('(those of the loaded plugins: mem;'))
    }
  })

  it('must not be contradicted by the kind, nor be in a URL that names no place', () => {
    const plugins = [memoryPlugin()]
    const both = (kind: string, dir: string) => () =>
      options({ 'state.checkpoint-storage': kind, 'state.checkpoints.dir': dir }, plugins)
    expect(both('filesystem', 'mem://main')).toThrow(
      invalid(
        '"state.checkpoints.dir" is "mem://main" (test): expected a directory, because "state.checkpoint-storage" is "filesystem" (test).',
      ),
    )
    expect(both('mem', '/c')).toThrow(invalid('"state.checkpoints.dir" is "/c" (test): expected mem://<names>'))
    expect(() => options({ 'state.checkpoints.dir': 'mem://main/../x' }, plugins)).toThrow(
      invalid('"state.checkpoints.dir" is "mem://main/../x" (test): expected mem://<names>, without'),
    )
  })
})
