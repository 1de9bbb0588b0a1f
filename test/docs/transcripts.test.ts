/** What the documents show of a terminal is what a terminal shows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agrees, excerptsOf } from './snippets.ts'
import { Terminal, transcriptOf } from './transcripts.ts'

describe.each(['docs/savepoints.md'])('the commands typed on %s', (page) => {
  const { dir, commands } = transcriptOf(page)
  const printed = new Map<string, string>()
  let terminal: Terminal

  beforeAll(async () => {
    terminal = new Terminal(dir)
    for (const { title, command } of commands) printed.set(title, await terminal.type(command))
  }, 300_000)
  afterAll(() => terminal.remove())

  it('are some', () => {
    expect(commands.length).toBeGreaterThan(0)
  })

  it.each(excerptsOf(page))('use files that are as it shows them: $title', ({ isThere }) => {
    expect(isThere).toBe(true)
  })

  it.each(commands)('print what it says: $title', ({ title, expected }) => {
    const got = printed.get(title) ?? ''
    if (!agrees(got, expected)) expect(got).toBe(expected)
  })
})

describe('a terminal', () => {
  it('refuses what is no command of ours', async () => {
    const terminal = new Terminal('examples/change')
    await expect(terminal.type('rm -r saved')).rejects.toThrow('no command')
    expect(await terminal.type('tidemark nonsense')).toContain('"nonsense" is not a valid action')
    expect(await terminal.type('echo $?')).toBe('1')
    await terminal.remove()
  })
})
