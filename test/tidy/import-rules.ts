/** The rules about who imports whom. Each is a pure function from a repository to its offences. */
import { isListed, type Lists, ranks } from './lists.ts'
import { codeUnder, isBarrel, type Offence, type Repository, type RepositoryFile, resolveImport } from './repository.ts'

const folderOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1]

/** The imports of a file that lead to files of `src`. */
const importsInSrc = (file: RepositoryFile) =>
  file.imports
    .map((entry) => ({ ...entry, path: resolveImport(file.path, entry.specifier) ?? '' }))
    .filter(({ path }) => path.startsWith('src/'))

/** Why `from` may not import `to`; undefined when it may. */
function refusal(from: string, to: string): string | undefined {
  if (isBarrel(to)) return 'imports a barrel; import the file that defines the name'
  const [own, other] = [folderOf(from), folderOf(to)]
  if (own === undefined || own === other || other === undefined) return undefined
  const [ownRank, otherRank] = [ranks[own], ranks[other]]
  if (ownRank === undefined || otherRank === undefined) return undefined
  if (ownRank === otherRank) return `imports its neighbour ${other} (both of rank ${ownRank})`
  return ownRank < otherRank ? `of rank ${ownRank} imports ${other} of rank ${otherRank}` : undefined
}

export const findRankOffences = (repository: Repository): readonly Offence[] =>
  codeUnder(repository, 'src/').flatMap((file) => {
    const folder = folderOf(file.path)
    const unranked: readonly Offence[] =
      folder !== undefined && ranks[folder] === undefined
        ? [{ file: file.path, line: undefined, what: `is in the folder ${folder}, which has no rank` }]
        : []
    const refused = importsInSrc(file).flatMap(({ path, line, specifier }) => {
      const why = refusal(file.path, path)
      return why === undefined ? [] : [{ file: file.path, line, what: `${why}: ${specifier}` }]
    })
    return [...unranked, ...refused]
  })

/** Each cycle of run-time imports once, as the path that closes it. */
export function findCycles(repository: Repository): readonly Offence[] {
  const offences: Offence[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      const cycle = [...trail.slice(start), path].join(' → ')
      offences.push({ file: path, line: undefined, what: `is in a cycle of run-time imports: ${cycle}` })
      return
    }
    const file = repository.get(path)
    if (file === undefined || done.has(path)) return
    for (const target of importsInSrc(file)) if (!target.typeOnly) visit(target.path, [...trail, path])
    done.add(path)
  }
  for (const { path } of codeUnder(repository, 'src/')) visit(path, [])
  return offences
}

const diskModule =
  /^(?:node:)?(?:fs|net|http|https|http2|tls|dgram|dns|child_process)(?:\/promises)?$|^@hono\/node-server/

export const findDiskImports = (repository: Repository, { disk }: Lists): readonly Offence[] =>
  codeUnder(repository, 'src/')
    .filter(({ path }) => !isListed(disk, path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, typeOnly }) => !typeOnly && diskModule.test(specifier))
        .map(({ specifier, line }) => ({ file: path, line, what: `imports ${specifier}` })),
    )

export const findXstateImports = (repository: Repository, { xstate }: Lists): readonly Offence[] =>
  codeUnder(repository, 'src/')
    .filter(({ path }) => !isListed(xstate, path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, typeOnly }) => !typeOnly && /^(?:xstate|@xstate)(?:\/|$)/.test(specifier))
        .map(({ specifier, line }) => ({ file: path, line, what: `imports ${specifier} at run time` })),
    )

const importedFrom = (repository: Repository, folder: string): ReadonlySet<string> =>
  new Set(codeUnder(repository, folder).flatMap((file) => importsInSrc(file).map(({ path }) => path)))

export function findOrphans(repository: Repository, { entryPoints }: Lists): readonly Offence[] {
  const imported = importedFrom(repository, 'src/')
  return codeUnder(repository, 'src/')
    .filter(({ path }) => !imported.has(path) && !isBarrel(path) && !isListed(entryPoints, path))
    .map(({ path }) => ({ file: path, line: undefined, what: 'is imported by no file of src' }))
}

const runtimeExport =
  /(?<![\w$.])export\s+(?:(?:const|let|var|function|async|class|abstract|default)\b|\{|\*)|(?<![\w$.])export\s*[{*]/

export function findUntested(repository: Repository, { untested }: Lists): readonly Offence[] {
  const imported = importedFrom(repository, 'test/')
  return codeUnder(repository, 'src/')
    .filter(({ path, code }) => !imported.has(path) && !isBarrel(path) && runtimeExport.test(code))
    .filter(({ path }) => !isListed(untested, path))
    .map(({ path }) => ({ file: path, line: undefined, what: 'is imported by no test' }))
}
