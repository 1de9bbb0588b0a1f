/** The table of keys as Markdown, for `docs/configuration.md`, between two marks that this file owns. */
import type { ConfigurationKey } from './configuration-key.ts'
import { configurationGroups } from './configuration-keys.ts'

const begin = '<!-- keys: generated -->'
const end = '<!-- keys: end -->'

/** The page with its table as the keys are now. A page without the marks is given back as it is. */
export function withConfigurationTable(page: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  return from < 0 || to < from ? page : `${page.slice(0, from)}${begin}\n\n${configurationTable()}\n${page.slice(to)}`
}

/** Every key by group: names, value, default, meaning. */
export function configurationTable(): string {
  const sections = Object.entries(configurationGroups).map(([title, keys]) => {
    const rows = Object.values(keys).map((key: ConfigurationKey<unknown>) => row(key))
    return [`### ${title}`, '', '| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join(
      '\n',
    )
  })
  return sections.join('\n')
}

const row = ({ name, aliases, kind, fallback, about, scope }: ConfigurationKey<unknown>): string => {
  const names = [`\`${name}\``, ...aliases.map((alias) => `also \`${alias}\``)].join('<br>')
  const shown = fallback === undefined ? '–' : `\`${kind.print(fallback)}\``
  return `| ${names} | ${kind.expected.replaceAll('|', '\\|')} | ${shown} | ${about}${scope === 'job' ? ' (J)' : ''} |`
}
