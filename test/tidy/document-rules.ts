/** The rules about documents and `package.json`. Each is a pure function from a repository to its offences. */
import { posix } from 'node:path'
import type { Offence, Repository, RepositoryFile } from './repository.ts'
import { lineAt } from './scan.ts'

const withoutCode = (text: string): string =>
  text.replace(/^(```|~~~)[\s\S]*?^\1|`[^`\n]*`/gm, (code) => code.replace(/[^\n]/g, ' '))

/** The anchors of a page, as GitHub makes them from headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map((match) =>
      match[1]!
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

const exists = (repository: Repository, path: string): boolean =>
  path === '.' || repository.has(path) || [...repository.keys()].some((file) => file.startsWith(`${path}/`))

function whyBroken(repository: Repository, page: RepositoryFile, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined
  const [file = '', anchor] = decodeURI(target).split('#')
  const path = file === '' ? page.path : posix.join(posix.dirname(page.path), file).replace(/\/$/, '')
  if (!exists(repository, path)) return `links to ${target}, but there is no ${path}`
  const text = repository.get(path)?.text
  return anchor === undefined || text === undefined || !path.endsWith('.md') || anchorsOf(text).has(anchor)
    ? undefined
    : `links to ${target}, but ${path} has no such heading`
}

export const findBrokenLinks = (repository: Repository): readonly Offence[] =>
  [...repository.values()]
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap((page) => {
      const text = withoutCode(page.text)
      const links = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm)]
      return links.flatMap((link) => {
        const what = whyBroken(repository, page, link[1] ?? link[2] ?? '')
        return what === undefined ? [] : [{ file: page.path, line: lineAt(text, link.index), what }]
      })
    })

interface Package {
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const packageOf = (repository: Repository): Package => JSON.parse(repository.get('package.json')?.text ?? '{}')
const inPackage = (what: string): Offence => ({ file: 'package.json', line: undefined, what })

/** The source of a published file: `./dist/a/b.d.ts` is made from `src/a/b.ts`. */
const sourceOf = (target: string): string =>
  target.replace(/^\.\//, '').replace(/^dist\/(.*?)(?:\.d\.ts|\.js)$/, 'src/$1.ts')

export function findBrokenPackagePaths(repository: Repository): readonly Offence[] {
  const { bin = {}, exports = {}, scripts = {} } = packageOf(repository)
  const missing = (name: string, ...targets: readonly string[]) =>
    [...new Set(targets.map(sourceOf))]
      .filter((path) => !repository.has(path))
      .map((path) => inPackage(`${name} needs ${path}, which does not exist`))
  const exported = Object.entries(exports).flatMap(([subpath, entry]) => {
    const ordered = typeof entry === 'string' || Object.keys(entry)[0] === 'types'
    return [
      ...(ordered ? [] : [inPackage(`exports "${subpath}" must name types first`)]),
      ...missing(`exports "${subpath}"`, ...(typeof entry === 'string' ? [entry] : Object.values(entry))),
    ]
  })
  return [
    ...exported,
    ...Object.entries(bin).flatMap(([name, path]) => missing(`bin "${name}"`, path)),
    ...Object.entries(scripts).flatMap(([name, command]) =>
      missing(`script "${name}"`, ...(command.match(/[\w./-]+\.(?:ts|js)\b/g) ?? [])),
    ),
  ]
}

export function findUndocumentedDependencies(repository: Repository): readonly Offence[] {
  const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = packageOf(repository)
  const text = repository.get('docs/DEPENDENCIES.md')?.text ?? ''
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    .filter((name) => !text.includes(`\`${name}\``))
    .map((name) => inPackage(`depends on ${name}, which docs/DEPENDENCIES.md does not mention`))
}

/** Rows of the tables of the guarantees that link no file under `test/`. A table starts below its line of dashes. */
export function findUntestedGuarantees(repository: Repository): readonly Offence[] {
  const page = repository.get('docs/GUARANTEES.md')
  if (page === undefined) return []
  const lines = page.text.split('\n')
  const isRow = (line: string | undefined) => line?.startsWith('|') === true
  const isRule = (line: string | undefined) => /^\|[\s|:-]+$/.test(line ?? '')
  return lines.flatMap((line, index) =>
    !isRow(line) || isRule(line) || isRule(lines[index + 1]) || /\]\(\.\.\/test\/[^)]+\)/.test(line)
      ? []
      : [{ file: page.path, line: index + 1, what: 'has a row without a link to its test' }],
  )
}
