/** Histories that a checker accepts and histories that it rejects, each as one test. */
import { describe, expect, it } from 'vitest'
import { checkFacts } from '../../../src/testing/checkers/check-facts.ts'
import type { Checker } from '../../../src/testing/checkers/checker.ts'
import type { Fact } from '../../../src/testing/checkers/facts.ts'
import { run } from './history.ts'

type Facts = Fact | readonly Facts[]

export interface CheckerCases {
  readonly accepts: Readonly<Record<string, readonly Facts[]>>
  /** With a part of what is said, and whether it is owed at the end rather than told by the last fact. */
  readonly rejects: Readonly<Record<string, readonly [says: string, ...facts: readonly Facts[]]>>
}

const flattened = (facts: readonly Facts[]): readonly Fact[] =>
  facts.flatMap((one) => ('type' in one ? [one] : flattened(one)))

/** A history begins with an ordinary run, unless it brings its own. */
const whole = (facts: readonly Facts[]): readonly Fact[] => {
  const flat = flattened(facts)
  return flat[0]?.type === 'run.began' ? flat : [run(), ...flat]
}

export function checkerCases(checker: Checker, { accepts, rejects }: CheckerCases): void {
  const { name } = checker
  describe(`${name}: ${checker.title}`, () => {
    for (const [title, facts] of Object.entries(accepts)) {
      it(`accepts ${title}`, () => {
        expect(checkFacts(whole(facts), [checker])).toEqual([])
      })
    }
    for (const [title, [says, ...facts]] of Object.entries(rejects)) {
      it(`rejects ${title}`, () => {
        const history = whole(facts)
        const at = name.startsWith('L') && !says.startsWith('!') ? undefined : history.length - 1
        const message = expect.stringContaining(says.replace(/^!/, ''))
        const [found] = checkFacts(history, [checker])
        expect(found).toMatchObject({ checker: name, message })
        // Found at the end, or by the last fact: not by one that was all right.
        expect(found?.at === undefined || found.at === at).toBe(true)
      })
    }
  })
}
