/** A counterexample as text for people, and as a test that repeats it. */
import type { Move, Replay } from './replay.ts'
import { describeChange } from './state-change.ts'

/**
 * A numbered list of the choices that lead to the violation, each with what it changed.
 *
 * ```ts
 * const report = explore(system, properties)
 * if (report.violation) console.log(printCounterexample(replayCounterexample(system, properties, report.violation)))
 * ```
 */
export function printCounterexample({ start, steps, system, violation }: Replay): string {
  const lines = steps.flatMap(({ choice, moves }, i) => [`${i + 1}. ${choice}`, ...moves.flatMap(printMove)])
  const starting = start.choice === 'start' ? [] : [`0. ${start.choice}`, ...start.moves.flatMap(printMove)]
  const what = violation === undefined ? 'nothing is violated' : `${violation.property}: ${violation.message}`
  return [`${system}: ${what}`, ...starting, ...lines, ''].join('\n')
}

const printMove = ({ actor, after, before, from, immediate, message }: Move): string[] => {
  const change = describeChange(before, after)
  const cause = immediate ? ` (${message.type} from ${from})` : ''
  return change === undefined && !immediate ? [] : [`     ${actor}${cause}: ${change ?? 'stays as it is'}`]
}

/**
 * A test for vitest that takes the same choices and expects that nothing is violated. It calls the system `system` and
 * what must hold `properties`. A choice that has become impossible ends the path: then the fault is gone, too.
 *
 * ```ts
 * writeFileSync('lost-update.test.ts', header + counterexampleTest(run))
 * ```
 */
export function counterexampleTest({ start, steps, violation }: Replay): string {
  const choices = [...(start.choice === 'start' ? [] : [start]), ...steps].map(({ choice }) => choice)
  const path = violation?.path ?? choices
  return [
    `it(${quote(`keeps: ${violation?.property ?? 'what must hold'}`)}, () => {`,
    '  const path = [',
    ...path.map((choice) => `    ${quote(choice)},`),
    '  ]',
    `  expect(replay(system, properties, path, { ifImpossible: 'stop' }).violation).toBeUndefined()`,
    '})',
    '',
  ].join('\n')
}

const quote = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
