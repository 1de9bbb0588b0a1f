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
  const missing = (name: string, target: string) =>
    repository.has(sourceOf(target)) ? [] : [inPackage(`${name} needs ${sourceOf(target)}, which does not exist`)]
  const exported = Object.entries(exports).flatMap(([subpath, entry]) => {
    const conditions = typeof entry === 'string' ? { default: entry } : entry
    const order = typeof entry === 'string' || Object.keys(entry)[0] === 'types'
    return [
      ...(order ? [] : [inPackage(`exports "${subpath}" must name types first`)]),
      ...Object.entries(conditions).flatMap(([condition, to]) => missing(`exports "${subpath}" (${condition})`, to)),
    ]
  })
  const files = Object.entries(scripts).flatMap(([name, command]) =>
    (command.match(/[\w./-]+\.(?:ts|js)\b/g) ?? []).flatMap((path) => missing(`script "${name}"`, path)),
  )
  return [...exported, ...Object.entries(bin).flatMap(([name, path]) => missing(`bin "${name}"`, path)), ...files]
}

export function findUndocumentedDependencies(repository: Repository): readonly Offence[] {
  const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = packageOf(repository)
  const text = repository.get('docs/DEPENDENCIES.md')?.text ?? ''
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    .filter((name) => !text.includes(`\`${name}\``))
    .map((name) => inPackage(`depends on ${name}, which docs/DEPENDENCIES.md does not mention`))
}
