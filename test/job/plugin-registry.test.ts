import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import type { Plugin } from '../../src/backends/plugin.ts'
import { checkPlugins, PluginRegistry, pluginStateBackend } from '../../src/job/plugin-registry.ts'
import { memoryPlugin } from './memory-plugin.ts'

const nowhere = { resolve: async () => undefined }
const stateBackend = { name: 'counting', create: () => ({ ...heapStateBackend, kind: 'counting' }) }

describe('the plugins of a session', () => {
  it('are asked by the place above a path, and each place is made once', () => {
    const made: string[] = []
    const registry = new PluginRegistry([memoryPlugin('mem', made)], nowhere)
    const storage = registry.storageOf('mem://a/b/job/chk-1')
    expect(registry.checkpoints('mem://a/b/')).toBe(storage)
    const store = registry.storeOf('mem://a/b/savepoint-1')
    expect(registry.savepoints('mem://a/b')).toBe(store)
    expect(made).toEqual(['checkpoints mem://a/b', 'savepoints mem://a/b'])
    expect(registry.savepointStores).toEqual([store])
  })

  it('have one owner for each scheme and name', () => {
    expect(() => checkPlugins([memoryPlugin(), memoryPlugin('other')])).not.toThrow()
    expect(() => checkPlugins([memoryPlugin(), { ...memoryPlugin(), name: 'second' }])).toThrow(
      expect.objectContaining({
        code: 'PLUGIN_INVALID',
        message: 'Plugin "second" cannot be used: plugin "memory of mem" is for checkpoints at mem:// already.',
      }),
    )
    expect(() =>
      checkPlugins([
        { name: 'a', stateBackend },
        { name: 'b', stateBackend },
      ]),
    ).toThrow('plugin "a" is for the state backend "counting" already')
    expect(() => checkPlugins([{} as Plugin])).toThrow('plugins[0] cannot be used: its name is not a string')
  })

  it('may divide a scheme: one keeps checkpoints, another savepoints', () => {
    const { checkpointStorage, savepointStore } = memoryPlugin()
    const registry = new PluginRegistry(
      [
        { name: 'a', checkpointStorage: checkpointStorage! },
        { name: 'b', savepointStore: savepointStore! },
      ],
      nowhere,
    )
    expect(registry.checkpoints('mem://x').kind).toBe('jobmanager')
    expect(registry.savepoints('mem://x').kind).toBe('jobmanager')
  })

  it('are refused when they make no storage, and when they fail to', () => {
    const making = (create: () => never) =>
      new PluginRegistry([{ name: 'odd', checkpointStorage: { scheme: 'odd', create } }], nowhere)
    expect(() => making(() => ({ open() {} }) as never).checkpoints('odd://')).toThrow(
      'Plugin "odd" cannot be used: what checkpointStorage.create returned has no newest, finishedJob, jobNames, resolve, pin, unpin.',
    )
    expect(() => making(() => undefined as never).checkpoints('odd://')).toThrow('returned has no open')
    expect(() =>
      making(() => {
        throw new Error('no credentials')
      }).checkpoints('odd://'),
    ).toThrow(
      expect.objectContaining({
        code: 'PLUGIN_INVALID',
        message: 'Plugin "odd" failed in checkpointStorage.create: no credentials',
      }),
    )
  })

  it('refuse a URL that names no place', () => {
    const registry = new PluginRegistry([memoryPlugin()], nowhere)
    for (const url of ['mem:x', 'mem://a/../b', 'mem://a?b', 'mem://a b', '/mem', 'file:///mem']) {
      expect(() => registry.checkpoints(url), url).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
  })

  it('give state backends by name', () => {
    const plugins = [memoryPlugin(), { name: 'b', stateBackend }]
    expect(pluginStateBackend(plugins, 'counting')?.kind).toBe('counting')
    expect(pluginStateBackend(plugins, 'heap')).toBeUndefined()
    const odd = { name: 'odd', stateBackend: { name: 'odd', create: () => 7 as never } }
    expect(() => pluginStateBackend([odd], 'odd')).toThrow('what stateBackend.create returned has no create')
  })
})
