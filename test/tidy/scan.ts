/**
 * Tells code from comments and strings, and finds imports, without a parser: enough for the rules of `tidy.test.ts`.
 *
 * Every mask has the length and the line breaks of the text, so an offset in one is an offset in all. It does not know
 * JSX, and takes a `/` after `)` for a division.
 */
export interface Masked {
  /** Comments and the insides of strings, templates and regular expressions are blanks. */
  readonly code: string
  /** Only comments are blanks. */
  readonly uncommented: string
  /** Everything but comments is blank. */
  readonly comments: string
}

export interface Import {
  readonly specifier: string
  /** True when the compiler removes it: `import type` and `export type`, but not `import { type A }`. */
  readonly typeOnly: boolean
  readonly line: number
}

interface Region {
  readonly kind: 'comment' | 'literal'
  readonly start: number
  readonly end: number
}

const comment = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const word = /[\w$]+/y
const templatePart = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y
const beforeRegex = /^(?:|[(,=:[!&|?{};+\-*%<>~^]|return|typeof|case|in|of|do|else|void|delete|throw|await|yield)$/

const lengthAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0].length ?? 0
}

function findRegions(text: string): readonly Region[] {
  const regions: Region[] = []
  /** For each open `${`, the number of braces that were open before it. */
  const templates: number[] = []
  let braces = 0
  let last = ''
  let at = 0

  const readTemplate = () => {
    const start = at
    at += lengthAt(templatePart, text, at)
    regions.push({ kind: 'literal', start, end: at })
    if (text[at] === '$') {
      templates.push(braces)
      last = '{'
      at += 2
    } else {
      last = '`'
      at += 1
    }
  }

  while (at < text.length) {
    const char = text[at]!
    const commented = char === '/' ? lengthAt(comment, text, at) : 0
    const literal =
      char === "'" || char === '"'
        ? lengthAt(quoted, text, at)
        : char === '/' && commented === 0 && beforeRegex.test(last)
          ? lengthAt(regex, text, at)
          : 0
    const length = commented || literal || lengthAt(word, text, at)
    if (commented > 0) regions.push({ kind: 'comment', start: at, end: at + commented })
    if (literal > 0) regions.push({ kind: 'literal', start: at + 1, end: text.lastIndexOf(char, at + literal - 1) })
    if (length > 0) {
      if (commented === 0) last = literal > 0 ? char.replace('/', ')') : text.slice(at, at + length)
      at += length
      continue
    }
    at += 1
    if (char === '`' || (char === '}' && templates.at(-1) === braces)) {
      if (char === '}') templates.pop()
      readTemplate()
      continue
    }
    if (char === '{') braces += 1
    if (char === '}') braces -= 1
    if (!/\s/.test(char)) last = char
  }
  return regions
}

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')

/** Builds the masks of one file. */
export function mask(text: string): Masked {
  let code = ''
  let uncommented = ''
  let comments = ''
  let at = 0
  for (const { kind, start, end } of findRegions(text)) {
    const before = text.slice(at, start)
    const inside = text.slice(start, end)
    code += before + blank(inside)
    uncommented += before + (kind === 'comment' ? blank(inside) : inside)
    comments += blank(before) + (kind === 'comment' ? inside : blank(inside))
    at = end
  }
  const rest = text.slice(at)
  return { code: code + rest, uncommented: uncommented + rest, comments: comments + blank(rest) }
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

const clause = String.raw`(?:[\w$]+\s*,?\s*)?(?:\{[^{}]*\}|\*(?:\s*as\s+[\w$]+)?)?\s*`
const statement = new RegExp(
  String.raw`(?<![\w$.])(?:(?:import|export)\s*(type\s+(?!from\b))?${clause}(?<![\w$])from|import\s*\(|import)\s*(['"])( *)\2`,
  'g',
)

/** Every import, re-export and dynamic import with a literal specifier. */
export function findImports(text: string, masked: Masked = mask(text)): readonly Import[] {
  return [...masked.code.matchAll(statement)].map((match) => {
    const end = match.index + match[0].length - 1
    return {
      specifier: text.slice(end - match[3]!.length, end),
      typeOnly: match[1] !== undefined,
      line: lineAt(text, match.index),
    }
  })
}
