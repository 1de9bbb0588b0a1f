import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import type { KeyedStateBackend, StateBackend, ValueState } from '../../src/backends/state-backend.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { runCases } from '../../src/testing/conformance.ts'
import { changed } from '../../src/testing/simulation/changed.ts'
import { stateBackendSuite } from '../../src/testing/state-backend-suite.ts'

const capabilities = { freeze: true, concurrentSnapshots: true, incremental: true, portable: true } as const

describe('heap state conforms', () => {
  for (const { name, run } of stateBackendSuite(() => heapStateBackend, capabilities)) it(name, run)
})

/** A backend whose snapshots are taken when they are written, not when they are marked. */
const lateSnapshots: StateBackend = {
  kind: 'late',
  create(options) {
    const inner = heapStateBackend.create(options)
    return new Proxy(inner, {
      get(target, property) {
        if (property === 'mark') return () => lateMark(target)
        const member: unknown = Reflect.get(target, property, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  },
}

const lateMark = (state: KeyedStateBackend): ReturnType<KeyedStateBackend['mark']> => {
  let late: ReturnType<KeyedStateBackend['mark']> | undefined
  const early = state.mark()
  const { range, version, since, empty, states } = early
  early.release()
  return {
    range,
    version,
    since,
    empty,
    states,
    write: (more) => {
      late ??= state.mark()
      return late.write(more)
    },
    release: () => late?.release(),
  }
}

/** A backend whose bytes only it can read. */
const ownBytes: StateBackend = {
  kind: 'own bytes',
  create(options) {
    const turned = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte ^ 1))
    return changed(heapStateBackend.create(options), {
      mark: (mark) => () =>
        changed(mark(), {
          write: (write) => (more) => {
            const piece = write(more)
            return piece && turned(piece)
          },
        }),
      restore: (restore) => (bytes) => restore(turned(bytes)),
    })
  },
}

describe('the suite', () => {
  it('fails a backend whose bytes others cannot read, and finds nothing else wrong with it', async () => {
    const failures = await runCases(stateBackendSuite(() => ownBytes, { ...capabilities, incremental: 'too much' }))
    const names = failures.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['the heap restores what it writes', 'it restores what the heap writes']),
    )
    const alone = stateBackendSuite(() => ownBytes, { ...capabilities, incremental: 'no', portable: 'its own bytes' })
    const others = (await runCases(alone)).map(({ name }) => name)
    expect(names.filter((name) => !others.includes(name))).toEqual([
      'the heap restores what it writes',
      'it restores what the heap writes',
      'it restores what the heap writes as changes since an earlier snapshot',
    ])
  })

  it('fails a backend whose snapshots see later updates', async () => {
    const failures = await runCases(stateBackendSuite(() => lateSnapshots, capabilities))
    expect(failures.map(({ name }) => name)).toContain(
      'a snapshot does not see later changes, whatever the pace of its writer',
    )
  })
})

const options = { range: { start: 0, end: 15 }, maxParallelism: 16, freeze: false, operatorName: 'count' }

describe('heap state', () => {
  it('refuses state without a current key, naming the state', () => {
    const state = heapStateBackend.create({
      range: { start: 4, end: 9 },
      maxParallelism: 16,
      freeze: false,
      operatorName: 'count',
    })
    const value = state.state('seen', { kind: 'value', initial: 0 }) as ValueState<number>
    for (const use of [() => value.value(), () => value.update(1), () => value.clear()]) {
      expect(use).toThrow(
        expect.objectContaining({ code: 'STATE_ACCESS_INVALID', message: expect.stringContaining('seen') }),
      )
    }
  })

  it('refuses to write a key of a group that is not its own', () => {
    const state = heapStateBackend.create({ ...options, range: { start: 4, end: 9 } })
    const value = state.state('seen', { kind: 'value', initial: 0 }) as ValueState<number>
    state.setCurrentKey('a')
    expect(state.currentKeyGroup).toBe(keyGroupOf('a', 16))
    value.update(1)
    const write = () => state.mark().write(() => true)
    expect(write).toThrow(`key a is of key group ${keyGroupOf('a', 16)}, outside 4 to 9`)
  })

  it('refuses an initial value that cannot be stored', () => {
    const state = heapStateBackend.create({
      range: { start: 0, end: 1 },
      maxParallelism: 2,
      freeze: true,
      operatorName: 'count',
    })
    expect(() => state.state('seen', { kind: 'value', initial: new WeakMap() })).toThrow(/seen is a WeakMap/)
  })

  it.each([[{ list: [] as number[] }], [Object.freeze({ list: [] as number[] })]])(
    'lets no key change the initial value of the others, also where values are not frozen',
    (initial) => {
      const state = heapStateBackend.create(options)
      const lists = state.state('lists', { kind: 'value', initial }) as ValueState<{ list: number[] }>
      state.setCurrentKey('a')
      expect(() => lists.value().list.push(1)).toThrow(TypeError)
      lists.update({ list: [1] })
      lists.value().list.push(2)
      state.setCurrentKey('b')
      expect(lists.value()).toEqual({ list: [] })
    },
  )

  it.each([true, false])('copies an initial value that cannot be frozen for each reader (freeze: %s)', (freeze) => {
    const state = heapStateBackend.create({ ...options, freeze })
    const initial = { at: new Date(0), byDay: new Map<string, number>(), bytes: new Uint8Array(1) }
    const value = state.state('seen', { kind: 'value', initial }) as ValueState<typeof initial>
    state.setCurrentKey('a')
    const mine = value.value()
    mine.byDay.set('monday', 1)
    mine.at.setTime(5)
    mine.bytes[0] = 5
    value.update(mine)
    expect(value.value().byDay.size).toBe(1)
    state.setCurrentKey('b')
    expect(value.value()).toEqual({ at: new Date(0), byDay: new Map(), bytes: new Uint8Array(1) })
  })

  it('gives every key once with its key group, also when a callback removes it and puts it back', () => {
    const state = heapStateBackend.create(options)
    const [a, b] = ['a', 'b'].map((name) => state.state(name, { kind: 'value', initial: 0 }) as ValueState<number>)
    for (const key of ['x', 'y', 'z']) {
      state.setCurrentKey(key)
      a!.update(1)
      if (key !== 'x') b!.update(1)
    }
    const seen: unknown[] = []
    for (const [key, keyGroup] of state.keys()) {
      seen.push([key, keyGroup])
      state.setCurrentKey(key, keyGroup)
      a!.clear()
      a!.update(2)
    }
    expect(seen).toEqual(['x', 'y', 'z'].map((key) => [key, keyGroupOf(key, 16)]))
  })

  it('keeps restored state that the program does not declare', () => {
    const first = heapStateBackend.create({
      range: { start: 0, end: 0 },
      maxParallelism: 1,
      freeze: false,
      operatorName: 'count',
    })
    first.setCurrentKey('a', 0)
    ;(first.state('old', { kind: 'value', initial: 0 }) as ValueState<number>).update(1)
    const second = heapStateBackend.create({
      range: { start: 0, end: 0 },
      maxParallelism: 1,
      freeze: false,
      operatorName: 'count',
    })
    const snapshot = first.mark()
    second.restore(snapshot.write(() => true)!)
    snapshot.release()
    expect(second.mark().states).toEqual([{ name: 'old', kind: 'value' }])
  })
})
