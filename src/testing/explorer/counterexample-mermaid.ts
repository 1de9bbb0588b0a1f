/**
 * A counterexample as a Mermaid sequence diagram: an arrow where a message is received, not where it is sent, because
 * that is what the path decides. Diagrams are cut where Mermaid refuses longer text by default.
 */
import type { Move, Replay, ReplayStep } from './replay.ts'

const charactersMax = 49_000
const wordsMax = 120

/**
 * The diagram's source, below 50,000 characters; the first steps are left out where it would be longer.
 *
 * ```ts
 * writeFileSync('lost-update.md', '```mermaid\n' + counterexampleMermaid(run) + '```\n')
 * ```
 */
export function counterexampleMermaid({ actors, start, steps, violation }: Replay): string {
  const names = Object.keys(actors)
  const ids = new Map(names.map((name, i) => [name, `p${i}`]))
  const all = names.length > 1 ? `p0,p${names.length - 1}` : 'p0'
  const head = ['sequenceDiagram', ...names.map((name) => `  participant ${ids.get(name)} as ${words(name)}`)]
  const tail =
    violation === undefined ? [] : [`  Note over ${all}: ${words(`${violation.property}: ${violation.message}`)}`]
  const groups = [start, ...steps].map((step) => arrows(step, ids, all))
  let room = charactersMax - [...head, ...tail].join('\n').length - wordsMax
  let first = groups.length
  while (first > 0) {
    room -= groups[first - 1]!.reduce((sum, line) => sum + line.length + 1, 0)
    if (room < 0) break
    first--
  }
  const cut = first === 0 ? [] : [`  Note over ${all}: ${first} steps before this are left out`]
  return `${[...head, ...cut, ...groups.slice(first).flat(), ...tail].join('\n')}\n`
}

function arrows(
  { choice, delivery, kind, moves }: ReplayStep,
  ids: ReadonlyMap<string, string>,
  all: string,
): string[] {
  const lines: string[] = []
  const arrow = (from: string, kindOf: string, to: string, text: string) =>
    lines.push(`  ${ids.get(from) ?? ids.get(to)}${kindOf}${ids.get(to)}: ${words(text)}`)
  if (kind === 'fault') lines.push(`  Note over ${all}: ${words(choice)}`)
  if (kind === 'lose') arrow(delivery!.from, '-x', delivery!.to, `${delivery!.message.type} is lost`)
  for (const move of moves) {
    if (kind === 'start' && !move.immediate) continue
    const text = textOf(move, kind === 'repeat' && !move.immediate)
    arrow(move.from, move.immediate ? '-)' : '->>', move.actor, text)
  }
  return lines
}

function textOf({ label, message }: Move, repeated: boolean): string {
  const name = 'name' in message && message.type === 'timer.fired' ? `timer ${String(message.name)}` : message.type
  return `${name}${repeated ? ' again' : ''}${label === undefined ? '' : ` [${label}]`}`
}

/** Text that Mermaid takes as it is: no line ends, none of its separators, and never a bare `end`. */
function words(text: string): string {
  const cut = text.length > wordsMax ? `${text.slice(0, wordsMax - 1)}…` : text
  return cut
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[#;]/g, (character) => `#${character.charCodeAt(0)};`)
    .replaceAll(/[<>]/g, (character) => (character === '<' ? '#lt;' : '#gt;'))
    .replaceAll(/\bend\b/gi, (word) => `(${word})`)
}
