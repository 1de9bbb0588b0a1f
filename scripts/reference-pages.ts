/**
 * The pages of `docs/` that are partly made from the code: the table of configuration keys, the help of the commands, and which
 * kind of state may become which other one.
 * Each generated part stands between two marks; the rest of a page is written by hand.
 */

import { changingKinds, kindChange } from '../src/backends/kind-changes.ts'
import { helpOf } from '../src/cli/command.ts'
import { commands } from '../src/cli/command-line.ts'
import type { StateKind } from '../src/core/state-handles.ts'
import type { ConfigurationKey } from '../src/job/configuration-key.ts'
import { configurationGroups } from '../src/job/configuration-keys.ts'

/** A page's path, and its text with the generated part as the code is now. */
export const referencePages: readonly { readonly path: string; render(current: string): string }[] = [
  { path: 'docs/configuration.md', render: (page) => between(page, 'keys', configurationTable()) },
  { path: 'docs/cli.md', render: (page) => between(page, 'commands', commandHelp()) },
  { path: 'docs/programs.md', render: (page) => between(page, 'state-kinds', stateKindTable()) },
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

/** What may become of each kind of state: from the rows to the columns. */
export function stateKindTable(): string {
  const cell = (from: StateKind, to: StateKind) => {
    const change = kindChange(from, to)
    const words = { same: 'as it is', lossless: 'yes', 'by-migration': '*migrate*', refused: 'no' }[change.type]
    return change.type === 'same' ? words : `${words}: ${change.why}`
  }
  const rows = changingKinds.map((from) => [`\`${from}\``, ...changingKinds.map((to) => cell(from, to))])
  const head = ['from \\ to', ...changingKinds.map((kind) => `\`${kind}\``)]
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

const commandHelp = (): string =>
  commands.map((command) => `### ${command.name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`).join('\n')
