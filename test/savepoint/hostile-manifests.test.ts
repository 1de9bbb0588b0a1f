import { describe, expect, it } from 'vitest'
import { hostileManifests } from './hostile-manifests.ts'
import { hostilePlaces } from './hostile-places.ts'
import { runHostile } from './hostile-run.ts'

const cases = [...hostilePlaces, ...hostileManifests]

describe(`hostile manifests and places, ${cases.length} of them`, () => {
  it('are enough, each with a name of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(50)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })

  it.each(cases)('$name is refused', async (hostile) => {
    const { resolve, inspect, verify, submit, trespasses, said } = await runHostile(hostile)
    expect(trespasses).toEqual([])
    expect(hostile.codes, `inspect: ${said}`).toContain(inspect)
    expect(hostile.codes, `submit: ${said}`).toContain(submit)
    expect(verify.length, said).toBeGreaterThan(0)
    for (const code of verify) expect(hostile.codes, `verify: ${said}`).toContain(code)
    expect(['ok', ...hostile.codes], `resolve: ${said}`).toContain(resolve)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })
})
