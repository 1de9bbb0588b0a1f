/**
 * The kinds of values a configuration key may have: how each is read from text, and how it is described to people.
 * Owns no key. A reader returns undefined for text that it does not accept; the caller says what was expected.
 */
import { schemeForm } from '../backends/place-url.ts'

export interface ValueKind<T> {
  /** Ends the sentence "expected …". */
  readonly expected: string
  read(text: string): T | undefined
  /** How a default is written in the documentation. */
  print(value: T): string
}

const unitMs: ReadonlyMap<string, number> = new Map(
  (
    [
      [1e-6, 'ns nano nanos nanosecond nanoseconds'],
      [1e-3, 'us µs micro micros microsecond microseconds'],
      [1, 'ms milli millis millisecond milliseconds'],
      [1_000, 's sec secs second seconds'],
      [60_000, 'm min mins minute minutes'],
      [3_600_000, 'h hour hours'],
      [86_400_000, 'd day days'],
    ] as const
  ).flatMap(([ms, names]) => names.split(' ').map((name): [string, number] => [name, ms])),
)

/** Milliseconds from text such as `10 min`, `200ms`, `1 s`; a bare number is milliseconds. Undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+)\s*([a-zµ]*)$/.exec(text.trim().toLowerCase())
  const unit = match === null ? undefined : match[2] === '' ? 1 : unitMs.get(match[2]!)
  if (match === null || unit === undefined) return undefined
  const ms = Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(ms) ? ms : undefined
}

const printDuration = (ms: number): string => {
  for (const [unit, name] of [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const) {
    if (ms >= unit && ms % unit === 0) return `${ms / unit} ${name}`
  }
  return `${ms} ms`
}

export const duration = (leastMs: number): ValueKind<number> => ({
  expected: `a duration such as '10 min', '200ms' or '1 s'${leastMs > 0 ? `, of at least ${printDuration(leastMs)}` : ''}`,
  read: (text) => {
    const ms = parseDurationMs(text)
    return ms === undefined || ms < leastMs ? undefined : ms
  },
  print: printDuration,
})

const unitBytes: ReadonlyMap<string, number> = new Map(
  (
    [
      [1, 'b bytes'],
      [1024, 'k kb kibibytes'],
      [1024 ** 2, 'm mb mebibytes'],
      [1024 ** 3, 'g gb gibibytes'],
      [1024 ** 4, 't tb tebibytes'],
    ] as const
  ).flatMap(([bytes, names]) => names.split(' ').map((name): [string, number] => [name, bytes])),
)

const printSize = (bytes: number): string => {
  for (const [unit, name] of [
    [1024 ** 3, 'gb'],
    [1024 ** 2, 'mb'],
    [1024, 'kb'],
  ] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`
  }
  return `${bytes} bytes`
}

/** Bytes from text such as `20 kb` or `64mb`, units of 1024 as in Flink; a bare number is bytes. */
export const memorySize = (leastBytes: number, mostBytes: number): ValueKind<number> => ({
  expected: `a size such as '20 kb' or '1mb', from ${printSize(leastBytes)} to ${printSize(mostBytes)}`,
  read: (text) => {
    const match = /^(\d+)\s*([a-z]*)$/.exec(text.trim().toLowerCase())
    const unit = match === null ? undefined : match[2] === '' ? 1 : unitBytes.get(match[2]!)
    const bytes = match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit
    return bytes >= leastBytes && bytes <= mostBytes ? bytes : undefined
  },
  print: printSize,
})

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): ValueKind<number> => ({
  expected: most === Number.MAX_SAFE_INTEGER ? `an integer from ${least}` : `an integer from ${least} to ${most}`,
  read: (text) => {
    const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
    return Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined
  },
  print: String,
})

export const decimal = (least: number, most: number): ValueKind<number> => ({
  expected: most === Number.POSITIVE_INFINITY ? `a number from ${least}` : `a number from ${least} to ${most}`,
  read: (text) => {
    const value = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN
    return Number.isFinite(value) && value >= least && value <= most ? value : undefined
  },
  print: String,
})

export const flag: ValueKind<boolean> = {
  expected: 'true or false',
  read: (text) =>
    new Map([
      ['true', true],
      ['false', false],
    ]).get(text.trim().toLowerCase()),
  print: String,
}

export const words = (expected: string): ValueKind<string> => ({
  expected,
  read: (text) => (text.trim() === '' ? undefined : text.trim()),
  print: String,
})

/** Several texts in one, separated by semicolons. */
export const list = (expected: string): ValueKind<readonly string[]> => ({
  expected: `${expected}, separated by semicolons`,
  read: (text) => {
    const items = text.split(';').map((item) => item.trim())
    return items.includes('') ? undefined : items
  },
  print: (items) => items.join(';'),
})

/** One of a closed list, in any case and with `_` for `-`; `spellings` lists what else is read as which. */
export const oneOf = <const T extends string>(
  allowed: readonly T[],
  spellings: Readonly<Record<string, T>> = {},
): ValueKind<T> => {
  const normal = (text: string) => text.trim().toLowerCase().replaceAll('_', '-')
  const known = new Map<string, T>([...allowed.map((one): [string, T] => [one, one]), ...Object.entries(spellings)])
  return {
    expected: `one of ${[...known.keys()].join(', ')}`,
    read: (text) => known.get(normal(text)),
    print: String,
  }
}

/** As `oneOf`, or a name that a plugin may have. What is no such name either is not accepted. */
export const oneOfOrPlugin = (
  allowed: readonly string[],
  plugin: string,
  spellings: Readonly<Record<string, string>> = {},
): ValueKind<string> => {
  const known = oneOf(allowed, spellings)
  return {
    expected: `${known.expected}, or ${plugin}`,
    read: (text) => known.read(text) ?? (schemeForm.test(text.trim()) ? text.trim() : undefined),
    print: String,
  }
}
