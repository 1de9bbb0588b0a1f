/**
 * Parses the words after a command's name. Owns the rules of the command lines that Flink's users know: long options
 * with one dash, options whose value may be left out, `-Dkey=value`, flags in one word. Pure.
 */
import { StreamError } from '../core/errors.ts'
import { nearest } from '../core/nearest-name.ts'

export interface Flag {
  /** All spellings, dashes included; the last one is its name in the result. */
  readonly names: readonly string[]
  /** `optional`: the next word is its value unless it is a flag. `list`: needed, and given many times (`-Dkey=value`). */
  readonly value: 'none' | 'needed' | 'optional' | 'list'
  /** For help: what the value is. */
  readonly valueName?: string
  readonly about: string
}

export interface FlagRules {
  readonly flags: readonly Flag[]
  /** Is everything after the first argument that is no flag left as it is? */
  readonly stopAtArgument?: boolean
}

export class ParsedFlags {
  readonly #values: ReadonlyMap<string, readonly string[]>
  /** The words that are no flags, in order. */
  readonly args: readonly string[]

  constructor(values: ReadonlyMap<string, readonly string[]>, args: readonly string[]) {
    this.#values = values
    this.args = args
  }

  /** Was the flag given, with or without a value? */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The value given last; undefined when the flag or its value was left out. */
  value(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  values(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }
}

/** A mistake in the command line itself: answered on standard output, with where to find help. */
export class UsageError extends StreamError {
  constructor(message: string) {
    super('ARGUMENT_INVALID', message)
  }
}

/** Reads the words of one command. Fails with `UsageError`, naming the word. */
export function parseFlags(words: readonly string[], { flags, stopAtArgument = false }: FlagRules): ParsedFlags {
  const values = new Map<string, string[]>()
  const args: string[] = []
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      args.push(...queue)
      break
    }
    if (!looksLikeFlag(word)) {
      args.push(word)
      if (!stopAtArgument) continue
      args.push(...queue)
      break
    }
    for (const { flag, value } of readFlag(word, queue, flags)) {
      const given = values.get(flag.names.at(-1)!) ?? []
      values.set(flag.names.at(-1)!, value === undefined ? given : [...given, value])
    }
  }
  return new ParsedFlags(values, args)
}

const looksLikeFlag = (word: string): boolean => /^-[^\d]/.test(word)

interface GivenFlag {
  readonly flag: Flag
  readonly value: string | undefined
}

function readFlag(word: string, queue: string[], flags: readonly Flag[]): readonly GivenFlag[] {
  const find = (name: string) => flags.find(({ names }) => names.includes(name))
  const whole = find(word)
  if (whole !== undefined) return [{ flag: whole, value: takeValue(whole, word, queue) }]

  const [name = '', ...rest] = word.split('=')
  const assigned = rest.length > 0 ? find(name) : undefined
  if (assigned !== undefined) {
    if (assigned.value === 'none') throw new UsageError(`Option ${name} takes no value, but got "${rest.join('=')}".`)
    return [{ flag: assigned, value: rest.join('=') }]
  }

  const first = word.startsWith('--') ? undefined : find(word.slice(0, 2))
  if (first !== undefined && first.value !== 'none') return [{ flag: first, value: word.slice(2) }]
  const letters = word.startsWith('--') ? [] : [...word.slice(1)].map((letter) => find(`-${letter}`))
  if (letters.length > 0 && letters.every((flag) => flag?.value === 'none')) {
    return letters.map((flag) => ({ flag: flag!, value: undefined }))
  }
  const guess = nearest(
    word,
    flags.flatMap(({ names }) => names).filter((known) => known.length > 2),
  )
  throw new UsageError(`Unrecognized option: ${word}${guess === undefined ? '' : ` (did you mean ${guess}?)`}`)
}

function takeValue(flag: Flag, word: string, queue: string[]): string | undefined {
  if (flag.value === 'none') return undefined
  const next = queue[0]
  if (next !== undefined && !looksLikeFlag(next)) return queue.shift()
  if (flag.value === 'optional') return undefined
  throw new UsageError(`Missing argument for option: ${word} (expected ${flag.valueName ?? 'a value'})`)
}

/** The flags as an indented table for help. */
export function describeFlags(flags: readonly Flag[]): string {
  const left = ({ names, value, valueName = 'value' }: Flag) =>
    `  ${names.join(', ')}${{ none: '', optional: ` [${valueName}]`, needed: ` <${valueName}>`, list: valueName }[value]}`
  const width = Math.max(...flags.map((flag) => left(flag).length))
  return flags.map((flag) => `${left(flag).padEnd(width)}  ${flag.about}`).join('\n')
}
