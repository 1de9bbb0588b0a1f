/** `tidemark savepoint diff`: what differs between two savepoints, by operator, state and key. */
import { type Difference, diffSavepoints } from '../savepoint/diff-savepoints.ts'
import { printTagged } from '../savepoint/tagged-json.ts'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { printable } from './context.ts'
import { type Print, printing } from './printing.ts'
import { formatCount } from './progress.ts'
import { countOf, jsonFlag, opened, pathsOf } from './savepoint-argument.ts'

export const savepointDiffCommand: Command = {
  name: 'savepoint diff',
  usage: '[--json] [--limit <n>] <before> <after>',
  about:
    'Shows what differs between two savepoints or retained checkpoints. Exit code 1: something does. Needs no session.',
  example: 'tidemark savepoint diff before/savepoint-5e20cb-94f1c7a2be01 after/savepoint-5e20cb-0b8e11d2c4f7',
  flags: [
    {
      names: ['--limit'],
      value: 'needed',
      valueName: 'n',
      about: 'Keys of each state to show. Default: 20; with --json: all.',
    },
    jsonFlag,
    defineFlag,
  ],
  run: diff,
}

async function diff(invocation: Invocation): Promise<number> {
  const json = invocation.flags.has('--json')
  const limit = countOf(invocation, '--limit', json ? Number.POSITIVE_INFINITY : 20)
  const [before = '', after = ''] = pathsOf(invocation, ['the path of a savepoint', 'the path of another savepoint'])
  const differences = diffSavepoints(await opened(before, invocation), await opened(after, invocation))
  return printing(invocation.context.stdout, async (print) => {
    const shown = new ShownDifferences(print, json, limit)
    for await (const difference of differences) await shown.add(difference)
    await shown.end()
    return shown.count === 0 ? 0 : 1
  })
}

class ShownDifferences {
  count = 0
  readonly #print: Print
  readonly #json: boolean
  readonly #limit: number
  #heading = ''
  #state = ''
  #keys = 0

  constructor(print: Print, json: boolean, limit: number) {
    this.#print = print
    this.#json = json
    this.#limit = limit
  }

  async add(difference: Difference): Promise<void> {
    this.count++
    const { operator, of, state } = difference
    const place = `${operator}\n${of === 'key' ? state : ''}`
    if (place !== this.#state) await this.#left()
    this.#state = place
    if (of === 'key' && this.#keys++ >= this.#limit) return
    if (this.#json) return this.#print(printTagged(difference))
    if (operator !== this.#heading) await this.#print(printable(`operator "${operator}"`))
    this.#heading = operator
    await this.#print(`  ${lineOf(difference)}`)
  }

  async end(): Promise<void> {
    await this.#left()
    if (!this.#json)
      await this.#print(this.count === 0 ? 'No differences.' : `Differences: ${formatCount(this.count)}.`)
  }

  async #left(): Promise<void> {
    const left = this.#keys - this.#limit
    if (left > 0 && !this.#json) await this.#print(`  … and ${formatCount(left)} keys more`)
    this.#keys = 0
  }
}

const signs = { added: '+', removed: '-', changed: '~' } as const

function lineOf({ change, of, state, key, before, after }: Difference): string {
  const values =
    change === 'changed' ? `${shown(before)} → ${shown(after)}` : shown(change === 'added' ? after : before)
  const what =
    of === 'key'
      ? `${printable(state ?? '')} ${shown(key)}`
      : of === 'operator-state'
        ? `state without keys, ${printable(state ?? '')}`
        : of === 'state'
          ? `state "${printable(state ?? '')}"`
          : of
  return `${signs[change]} ${what}: ${values}`
}

function shown(value: unknown): string {
  const text = printable(printTagged(value))
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
