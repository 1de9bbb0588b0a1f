import { describe, expect, it } from 'vitest'
import { canonical } from '../../../src/testing/canonical.ts'
import { checkers } from '../../../src/testing/checkers/all-checkers.ts'
import { CheckerRun, checkFacts } from '../../../src/testing/checkers/check-facts.ts'
import type { Fact } from '../../../src/testing/checkers/facts.ts'
import { mutations } from './mutations.ts'
import { protocolRun } from './protocol-run.ts'

const runs = new Map(Array.from({ length: 600 }, (_, i) => [i + 1, protocolRun(i + 1)]))

describe('random runs of the protocol in miniature', () => {
  it('are accepted by every checker', () => {
    for (const [seed, facts] of runs) {
      const [found] = checkFacts(facts)
      expect(found && { seed, ...found }).toBeUndefined()
    }
  })

  it('have everything in them that can go wrong', () => {
    const types = new Map<string, number>()
    for (const facts of runs.values()) {
      const seen = new Set(facts.map(kindOf))
      for (const kind of seen) types.set(kind, (types.get(kind) ?? 0) + 1)
    }
    for (const kind of kinds) expect([kind, types.get(kind) ?? 0]).toEqual([kind, expect.toSatisfy((n) => n >= 5)])
  })

  it.each(mutations)('with %s are rejected by %s', (_, checker, mutation) => {
    let spoilt = 0
    for (const [seed, correct] of runs) {
      const facts = spoilt < 40 ? mutation(correct) : undefined
      if (facts === undefined) continue
      spoilt++
      const names = checkFacts(facts).map((found) => found.checker)
      expect({ seed, names }).toEqual({ seed, names: expect.arrayContaining([checker]) })
    }
    expect(spoilt).toBeGreaterThan(5)
  })
})

const kinds = ['abort', 'restore', 'death', 'stop', 'savepoint', 'finished', 'died for good', 'late', 'adopted']
function kindOf(fact: Fact, place: number, facts: readonly Fact[]): string {
  if (fact.type === 'aborted') return 'abort'
  if (fact.type === 'attempt.began' && fact.restored !== undefined) return adopted(facts, place) ? 'adopted' : 'restore'
  if (fact.type === 'process.died') return place === facts.length - 1 ? 'died for good' : 'death'
  if (fact.type === 'completed')
    return fact.kind === 'checkpoint' ? '' : fact.kind.slice(0, 4) === 'stop' ? 'stop' : fact.kind
  if (fact.type === 'job.over') return 'finished'
  return fact.type === 'acknowledgement.heard' && facts[place - 1]?.type === 'subtask.began' ? 'late' : ''
}

/** Restored from a checkpoint whose completion nobody was told of. */
const adopted = (facts: readonly Fact[], place: number): boolean => {
  const began = facts[place]
  const id = began?.type === 'attempt.began' ? began.restored : undefined
  return !facts.slice(0, place).some((fact) => fact.type === 'completion.told' && fact.checkpointId === id)
}

describe('the memory of a checker', () => {
  it('is plain, is never changed in place, and is the same object when it is equal', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      for (const checker of checkers) {
        let memory: unknown = deepFreeze(checker.initial)
        for (const fact of runs.get(seed)!) {
          if (!checker.hears.includes(fact.type)) continue
          const next = checker.next(memory, fact)
          expect(JSON.parse(JSON.stringify(next))).toEqual(next)
          if (next !== memory && fact.type !== 'run.began') {
            expect([checker.name, fact.type, canonical(next)]).not.toEqual([checker.name, fact.type, canonical(memory)])
          }
          memory = deepFreeze(next)
        }
      }
    }
  })

  it('stays small: what is over is forgotten', () => {
    let largest: readonly [string, number] = ['', 0]
    for (const facts of runs.values()) {
      const run = new CheckerRun()
      for (const fact of facts) run.tell(fact)
      for (const { name } of checkers) {
        const size = canonical(run.memory(name)).length
        if (size > largest[1]) largest = [name, size]
      }
    }
    expect(largest[1]).toBeLessThan(600)
  })
})

function deepFreeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const field of Object.values(value)) deepFreeze(field)
  }
  return value
}
