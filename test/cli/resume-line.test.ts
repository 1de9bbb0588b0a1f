import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseFlags } from '../../src/cli/flags.ts'
import { resumeLine, shellWord } from '../../src/cli/resume-line.ts'
import { runCommand } from '../../src/cli/run-command.ts'

const lineOf = (...words: readonly string[]) => {
  const flags = parseFlags(words, runCommand)
  const [file = '', ...args] = flags.args
  return resumeLine(flags, file, args)
}

it('repeats what was given, but not where to start from nor whether to wait', () => {
  expect(lineOf('-s', '/sp', '-n', '-d', '-q', '-Da.b=c d', '-De=f', '--name=n', '-p2', 'job.ts', '-x', 'y')).toBe(
    "tidemark run --resume -p 2 --name n '-Da.b=c d' -De=f --quiet job.ts -x y",
  )
  expect(lineOf('--resume', 'job.ts')).toBe('tidemark run --resume job.ts')
})

it('is read back as it was given, also a name that looks like a flag', () => {
  const words = ['--name=-odd', '-Dx=$HOME', 'a b.ts', '--', '-p', '']
  expect(lineOf(...words)).toBe("tidemark run --resume --name=-odd '-Dx=$HOME' 'a b.ts' -- -p ''")
})

it('keeps the token to itself', () => {
  expect(lineOf('-Drest.token=s3cret', 'job.ts')).toBe("tidemark run --resume '-Drest.token=…' job.ts")
})

it('quotes so that a shell gives back every word', () => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      // Seen as JSON by the child, since a word may hold line ends.
      const script = `${shellWord(process.execPath)} -e 'console.log(JSON.stringify(process.argv.slice(1)))' --`
      const line = `${script} ${words.map(shellWord).join(' ')}`
      expect(JSON.parse(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }))).toEqual(words)
    }),
    { numRuns: 5 },
  )
})
