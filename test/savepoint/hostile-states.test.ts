import { describe, expect, it } from 'vitest'
import { runHostile } from './hostile-run.ts'
import { entry, framed, type HostileCase, header } from './hostile-savepoint.ts'
import { hostileStates } from './hostile-states.ts'

describe(`hostile state files, ${hostileStates.length} of them`, () => {
  it('are enough, each with a name of its own', () => {
    expect(hostileStates.length).toBeGreaterThanOrEqual(50)
    expect(new Set(hostileStates.map(({ name }) => name)).size).toBe(hostileStates.length)
  })

  it.each(hostileStates)('$name is refused', async (hostile) => {
    const { resolve, inspect, verify, submit, trespasses, said } = await runHostile(hostile)
    expect(trespasses).toEqual([])
    // Only the manifest is read to resolve it.
    expect(resolve).toBe('ok')
    expect(hostile.codes, `inspect: ${said}`).toContain(inspect)
    expect(new Set(verify), `verify: ${said}`).toEqual(new Set(hostile.codes))
    const allowed = hostile.restoreMayWork === true ? ['ok', 'STATE_NOT_SERIALIZABLE', 'KEY_INVALID'] : []
    expect([...hostile.codes, ...allowed], `submit: ${said}`).toContain(submit)
  })
})

describe('a savepoint that nobody spoilt', () => {
  const sound: HostileCase = { name: 'sound', codes: [] }

  it('is accepted', async () => {
    const outcome = await runHostile(sound)
    expect(outcome).toMatchObject({ resolve: 'ok', inspect: 'ok', verify: [], submit: 'ok', trespasses: [] })
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '../x', '', '\u0000'])(
    'may have %j as a name, which is only a name',
    async (name) => {
      const value = JSON.parse(`{"__proto__":{"polluted":true},"constructor":{"prototype":1}}`)
      const named = await runHostile({
        name,
        codes: [],
        keyed: () => framed({ ...header, states: [[name, 'value']] }, entry(value), 1),
        manifest: (manifest) => {
          const [words, count] = manifest.operators
          count.subtasks[0].keyed[0].states = [{ name, kind: 'value' }]
          count.name = name
          if (name !== '') words.uid = name
        },
      })
      expect(named).toMatchObject({ resolve: 'ok', inspect: 'ok', verify: [], trespasses: [] })
      expect(['ok', 'RESTORE_STATE_UNMATCHED', 'RESTORE_STATE_INCOMPATIBLE']).toContain(named.submit)
      expect(named.said).toContain('polluted')
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    },
  )
})
