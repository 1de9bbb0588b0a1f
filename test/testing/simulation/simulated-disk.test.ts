import { describe, expect, it } from 'vitest'
import { SimulatedDisk } from '../../../src/testing/simulation/simulated-disk.ts'
import { textHash } from '../../../src/testing/simulation/text-hash.ts'

const write = async (disk: SimulatedDisk, path: string, text: string, sync: boolean): Promise<void> => {
  const mount = disk.mount()
  const file = await mount.create(path)
  await file.write(Buffer.from(text))
  if (sync) await file.sync()
  await file.close()
  if (sync) await mount.syncDir('/')
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false
  const note = () => {
    done = true
  }
  promise.then(note, note)
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  return done
}

describe('a simulated disk', () => {
  it('keeps what was synced through a loss of power, and of the rest what the names decide', async () => {
    const disk = new SimulatedDisk()
    const names = Array.from({ length: 12 }, (_, i) => `f${i}`)
    for (const name of names) await write(disk, `/safe-${name}`, 'synced', true)
    for (const name of names) await write(disk, `/lost-${name}`, 'not synced', false)
    disk.losePower()
    const mount = disk.mount()
    const there = await mount.list('/')
    for (const name of names) expect((await mount.read(`/safe-${name}`, 0, 99)).toString()).toBe('synced')
    const survivors = there.filter((name) => name.startsWith('lost'))
    expect(survivors.length).toBeGreaterThan(0)
    expect(survivors.length).toBeLessThan(names.length)
    const sizes = new Set(await Promise.all(survivors.map((name) => mount.size(`/${name}`))))
    expect(sizes.size).toBeGreaterThan(1)
  })

  it('does nothing and answers nothing for a process that is dead', async () => {
    const disk = new SimulatedDisk()
    const mount = disk.mount()
    mount.die()
    expect(await settled(mount.makeDir('/a'))).toBe(false)
    expect(await disk.mount().list('/')).toEqual([])
  })

  it('dies at the call that was named', async () => {
    const disk = new SimulatedDisk()
    const mount = disk.mount()
    const torn = mount.tearAfter(1)
    await mount.makeDir('/a')
    expect(await settled(mount.makeDir('/b'))).toBe(false)
    await torn
    expect(await disk.mount().list('/')).toEqual(['a'])
  })

  it('hashes texts alike everywhere', () => {
    expect([textHash(''), textHash('a'), textHash('b', textHash('a'))]).toEqual([
      0x811c9dc5,
      textHash('a'),
      textHash('ab'),
    ])
  })
})
