import { describe, expect, it } from 'vitest'
import { recordBatch } from '../../src/core/elements.ts'
import { compileSteps, sourceOf } from '../../src/operators/compiled-steps.ts'
import type { StatelessStep } from '../../src/operators/stateless.ts'

const steps: readonly StatelessStep[] = [
  { kind: 'map', fn: (n) => (n as number) + 1 },
  { kind: 'filter', fn: (n) => (n as number) > 2 },
]
const outputOf = () => ({ values: [] as unknown[], timestamps: [] as number[], length: 0, at: 0, emit() {} })

describe('a compiled loop', () => {
  it('goes on behind what is in its output, from the record it is told', () => {
    const output = { ...outputOf(), values: ['before'], timestamps: [1], length: 1 }
    compileSteps(steps, 10, 'test')!.stamped(recordBatch([9, 1, 2, 3], [10, 20, 30, 40]), 1, output)
    expect(output).toMatchObject({ values: ['before', 3, 4], timestamps: [1, 30, 40], length: 3 })
  })

  it('says which step failed', () => {
    const output = outputOf()
    const failing: StatelessStep = {
      kind: 'map',
      fn: () => {
        throw new Error('no')
      },
    }
    expect(() => compileSteps([...steps, failing], 10, 'test')!.plain(recordBatch([5]), 0, output)).toThrow('no')
    expect(output.at).toBe(2)
  })

  it('has nothing of the program in its source', () => {
    const named: StatelessStep = { kind: 'map', fn: function evil() {} }
    expect(sourceOf([...steps, named], 7, false)).not.toMatch(/evil|> 2/)
    expect(sourceOf([{ kind: 'flat-map', fn: () => [] }], 7, false)).toContain('n >= 7')
  })
})
