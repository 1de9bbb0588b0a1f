/**
 * The pages of `docs/` that are partly made from the code: the table of configuration keys and the help of the commands.
 * Each generated part stands between two marks; the rest of a page is written by hand.
 */
import { helpOf } from '../src/cli/command.ts'
import { commands } from '../src/cli/command-line.ts'
import type { ConfigurationKey } from '../src/job/configuration-key.ts'
import { configurationGroups } from '../src/job/configuration-keys.ts'

/** A page's path, and its text with the generated part as the code is now. */
export const referencePages: readonly { readonly path: string; render(current: string): string }[] = [
  { path: 'docs/configuration.md', render: (page) => between(page, 'keys', configurationTable()) },
  { path: 'docs/cli.md', render: (page) => between(page, 'commands', commandHelp()) },
]

function between(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: generated -->`
  const [from, to] = [page.indexOf(begin), page.indexOf(`<!-- ${name}: end -->`)]
  if (from < 0 || to < from) throw new Error(`The page has no marks for ${name}.`)
  return `${page.slice(0, from)}${begin}\n\n${text}\n${page.slice(to)}`
}

/** Every key by group: names, value, default, meaning. */
export const configurationTable = (): string =>
  Object.entries(configurationGroups)
    .map(([title, keys]) => {
      const rows = Object.values(keys).map((key: ConfigurationKey<unknown>) => row(key))
      return [`### ${title}`, '', '| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join(
        '\n',
      )
    })
    .join('\n')

const row = ({ name, aliases, kind, fallback, about, scope }: ConfigurationKey<unknown>): string => {
  const names = [`\`${name}\``, ...aliases.map((alias) => `also \`${alias}\``)].join('<br>')
  const shown = fallback === undefined ? '–' : `\`${kind.print(fallback)}\``
  return `| ${names} | ${kind.expected.replaceAll('|', '\\|')} | ${shown} | ${about}${scope === 'job' ? ' (J)' : ''} |`
}

const commandHelp = (): string =>
  commands.map((command) => `### ${command.name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`).join('\n')
