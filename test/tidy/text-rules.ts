/** The rules about what stands in one file. Each is a pure function from a repository to its offences. */
import { isListed, type Lists } from './lists.ts'
import { codeUnder, type Offence, offencesOf, type Repository } from './repository.ts'

export const linesMax = 500
export const linesWithoutReasonMax = 300
const everywhere = ['src/', 'test/', 'bench/', 'examples/', 'scripts/', 'bin/']

export const findLongFiles = (repository: Repository, { longFiles }: Lists): readonly Offence[] =>
  codeUnder(repository, ...everywhere).flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    const what =
      lines > linesMax
        ? `has ${lines} lines; nothing may have more than ${linesMax}`
        : `has ${lines} lines; more than ${linesWithoutReasonMax} need a reason in lists.ts`
    const allowed = lines <= linesWithoutReasonMax || (lines <= linesMax && isListed(longFiles, path))
    return allowed ? [] : [{ file: path, line: undefined, what }]
  })

export const findBannedNames = (repository: Repository): readonly Offence[] =>
  codeUnder(repository, ...everywhere)
    .filter(({ path }) => /(?:^|\/)(?:(?:types?|utils?|helpers?|common)|[^/]*-impl)\.[jt]s$/.test(path))
    .map(({ path }) => ({ file: path, line: undefined, what: 'has a name that says nothing; name its main export' }))

/** A global by its name, also through `globalThis`, but not a property of something else. */
const global = (rest: string): string => String.raw`(?<![\w$.])(?:globalThis\s*\.\s*)?${rest}`
const bannedCalls = [
  global(String.raw`Date\s*\.\s*now\b`),
  global(String.raw`Math\s*\.\s*random\b`),
  global(String.raw`set(?:Timeout|Interval|Immediate)\b`),
  global(String.raw`performance\s*\.\s*now\b`),
  global(String.raw`process\s*\.\s*hrtime\b`),
  global(String.raw`console\s*[.[]`),
  global(String.raw`nanoid\s*\(`),
  String.raw`\b(?:randomUUID|getRandomValues|randomBytes)\b`,
]
const bannedInSource = new RegExp([...bannedCalls, global(String.raw`new\s+Date\b`)].join('|'), 'g')
/** A test may make a date of a number, for example as a state value, but not read the clock. */
const bannedInTests = new RegExp([...bannedCalls, global(String.raw`new\s+Date\b(?!\s*\(\s*[^)\s])`)].join('|'), 'g')

export const findBannedCalls = (repository: Repository, lists: Lists): readonly Offence[] =>
  codeUnder(repository, 'src/', 'test/')
    .filter(({ path }) => !isListed(lists.bannedCalls, path))
    .flatMap((file) =>
      offencesOf(file, file.code, file.path.startsWith('src/') ? bannedInSource : bannedInTests, 'uses $0'),
    )

const actorCreators = /(?<![\w$])(?:invoke\s*[:(]|(?:spawn|spawnChild|sendTo|sendParent|forwardTo|fromPromise)\s*\()/g
const asynchronous = /(?<![\w$.])(?:async|await)(?![\w$])/g

export const findImpureMachines = (repository: Repository): readonly Offence[] =>
  codeUnder(repository, 'src/machines/').flatMap((file) => [
    ...offencesOf(file, file.code, actorCreators, 'uses $0; return an effect instead'),
    ...offencesOf(file, file.code, asynchronous, 'uses $0; a step is pure'),
  ])

const unfinished = /\b(?:FIXME|TODO|XXX)\b/g
const focused = /(?<![\w$.])(?:it|test|describe|suite|bench)(?:\.\w+)*\.only\b/g
const skipped = /(?<![\w$.])(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|fails)\b/g

export const findUnfinished = (repository: Repository): readonly Offence[] => [
  ...codeUnder(repository, ...everywhere).flatMap((file) => {
    const comments = file.comments.split('\n')
    const hasReason = (line: number) => /because/.test(`${comments[line - 2] ?? ''}\n${comments[line - 1] ?? ''}`)
    return [
      ...offencesOf(file, file.comments, unfinished, 'says $0'),
      ...offencesOf(file, file.code, focused, 'has $0'),
      ...offencesOf(file, file.code, skipped, 'has $0 without a comment that says because of what').filter(
        ({ line }) => !hasReason(line ?? 0),
      ),
    ]
  }),
  ...[...repository.values()]
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap((file) => offencesOf(file, file.text, unfinished, 'says $0')),
]

export const findUntyped = (repository: Repository): readonly Offence[] =>
  codeUnder(repository, ...everywhere).flatMap((file) => [
    ...offencesOf(file, file.code, /\bas\s+any\b|<any>/g, 'has $0'),
    ...offencesOf(file, file.comments, /@ts-(?:ignore|nocheck)\b/g, 'has $0'),
    ...(file.path.startsWith('src/') ? offencesOf(file, file.comments, /@ts-expect-error\b/g, 'has $0') : []),
  ])

/** Written so that the patterns do not match themselves. */
const workplaceWords = /\.\.\/share[d]\b|\bthis sessio[n]\b|\bthe CE[O]\b/gi

export const findWorkplaceWords = (repository: Repository): readonly Offence[] =>
  [...repository.values()].flatMap((file) =>
    offencesOf(file, file.text, workplaceWords, 'says "$0", which means nothing to a stranger'),
  )

export function findUnusedErrorCodes(repository: Repository): readonly Offence[] {
  const table = repository.get('src/core/error-codes.ts')
  if (table === undefined) return []
  const used = new Set(
    codeUnder(repository, 'src/')
      .filter(({ path }) => path !== table.path)
      .flatMap(({ uncommented }) => [...uncommented.matchAll(/['"`]([A-Z][A-Z_]+)['"`]/g)].map((match) => match[1])),
  )
  return offencesOf(table, table.code, /^ {2}[A-Z][A-Z_]+(?=:)/gm, '$0')
    .filter(({ what }) => !used.has(what))
    .map((offence) => ({ ...offence, what: `has the code ${offence.what}, which nothing in src reports` }))
}
