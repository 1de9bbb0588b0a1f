import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import { jobmanagerCheckpointStorage } from '../../src/backends/jobmanager-checkpoints.ts'
import { checkPlugin, definePlugin, type Plugin } from '../../src/backends/plugin.ts'

const create = () => jobmanagerCheckpointStorage()
const define = (plugin: unknown) => () => definePlugin(plugin as Plugin)

describe('definePlugin', () => {
  it('gives back what it was given', () => {
    const plugin: Plugin = {
      name: 'mine',
      checkpointStorage: { scheme: 'my-bucket+1', create },
      stateBackend: { name: 'mine', create: () => heapStateBackend },
    }
    expect(definePlugin(plugin)).toBe(plugin)
  })

  it.each([
    [undefined, 'The plugin cannot be used: it is not an object.'],
    [{}, 'The plugin cannot be used: its name is not a string of at least one character.'],
    [{ name: 'a' }, 'Plugin "a" cannot be used: it has none of checkpointStorage, savepointStore, stateBackend.'],
    [{ name: 'a', storage: 1 }, 'Plugin "a" cannot be used: "storage" is no part of a plugin.'],
    [{ name: 'a', savepointStore: 1 }, 'Plugin "a" cannot be used: savepointStore.create is not a function.'],
    [
      { name: 'a', savepointStore: { create } },
      'savepointStore.scheme is missing: expected scheme to be small letters',
    ],
    [{ name: 'a', savepointStore: { create, scheme: 'S3' } }, 'savepointStore.scheme is "S3": expected scheme to be'],
    [{ name: 'a', savepointStore: { create, scheme: 'c' } }, 'savepointStore.scheme is "c"'],
    [{ name: 'a', savepointStore: { create, scheme: 'file' } }, 'savepointStore.scheme is "file", which tidemark has'],
    [{ name: 'a', stateBackend: { create, name: 'heap' } }, 'stateBackend.name is "heap", which tidemark has itself.'],
  ])('refuses %o', (plugin, message) => {
    expect(define(plugin)).toThrow(expect.objectContaining({ code: 'PLUGIN_INVALID' }))
    expect(define(plugin)).toThrow(message)
  })

  it('says where a plugin without a name came from', () => {
    expect(() => checkPlugin(7, '/srv/bucket.ts')).toThrow('/srv/bucket.ts cannot be used: it is not an object.')
  })
})
