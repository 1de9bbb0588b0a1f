import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { snapshotOf } from '../../src/backends/checkpoint-directory.ts'
import { nodeFileSystem } from '../../src/backends/file-system.ts'
import { keyGroupOf, subtaskOfKeyGroup } from '../../src/core/key-groups.ts'
import { chainEntries } from '../../src/savepoint/chain-entries.ts'
import { KeyedOutput } from '../../src/savepoint/keyed-output.ts'
import { StateOutput } from '../../src/savepoint/state-output.ts'
import { checkUniqueKeys } from '../../src/savepoint/unique-keys.ts'
import { suiteManifest } from '../../src/testing/checkpoint-storage-subject.ts'
import { temporaryDir } from '../backends/temporary.ts'

const owner = { id: '0123456789abcdef0123456789abcdef', uid: 'o', name: 'o', parallelism: 3, maxParallelism: 8 }
const states = [
  { name: 'a', kind: 'value' },
  { name: 'b', kind: 'value', version: 2 },
] as const

async function written(keys: readonly (readonly [state: number, key: string])[]) {
  const dir = temporaryDir()
  const outputs = [0, 1, 2].map((index) => new StateOutput(nodeFileSystem, dir, owner.id, index))
  const output = new KeyedOutput(owner, states, outputs)
  for (const [state, key] of keys) await output.add(state, key, `${state} ${key}`)
  const handles = await output.end()
  for (const one of outputs) await one.close()
  return { dir, outputs, output, handles, snapshot: snapshotOf(nodeFileSystem, dir, suiteManifest(1, undefined)) }
}

describe('keyed state that is divided', () => {
  const keys = Array.from({ length: 300 }, (_, i) => [i % 2, `key-${i}`] as const)

  it('goes to the subtask that owns its key group, and is counted there', async () => {
    const { handles, snapshot, output } = await written(keys)
    const found: string[] = []
    for (const [index, handle] of handles) {
      for await (const entries of chainEntries(snapshot, [handle])) {
        for (const { state, key, keyGroup, content } of entries) {
          expect(subtaskOfKeyGroup(keyGroup, 3, 8)).toBe(index)
          expect(content).toBe(`${state.name === 'a' ? 0 : 1} ${String(key)}`)
          found.push(String(key))
        }
      }
    }
    expect(found.sort()).toEqual(keys.map(([, key]) => key).sort())
    const group = keyGroupOf('key-0', 8)
    expect(output.counts[group]).toBe(keys.filter(([, key]) => keyGroupOf(key, 8) === group).length)
  })

  it('has no file where a subtask has nothing, and none when it is given up', async () => {
    const { dir, handles, outputs } = await written([[0, 'only']])
    expect([...handles.keys()].length).toBe(1)
    expect(readdirSync(dir).length).toBe(1)
    const other = new StateOutput(nodeFileSystem, dir, owner.id, 9)
    await other.segment([Buffer.from('x')])
    expect(existsSync(join(dir, `${owner.id}-9.state`))).toBe(true)
    await other.abort()
    expect(existsSync(join(dir, `${owner.id}-9.state`))).toBe(false)
    for (const one of outputs) await one.abort()
    expect(readdirSync(dir)).toEqual([])
  })

  it('has each key of a state once', async () => {
    const sound = await written(keys)
    await checkUniqueKeys(sound.snapshot, [...sound.handles.values()], sound.output.counts, '"o"')
    const twice = await written([...keys, [1, 'key-5']])
    const check = checkUniqueKeys(twice.snapshot, [...twice.handles.values()], twice.output.counts, '"o"')
    await expect(check).rejects.toThrow('State "b" of operator "o" got the key "key-5" twice')
    const otherState = await written([...keys, [0, 'key-5']])
    await checkUniqueKeys(otherState.snapshot, [...otherState.handles.values()], otherState.output.counts, '"o"')
  })
})
