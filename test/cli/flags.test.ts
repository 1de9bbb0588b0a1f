import { describe, expect, it } from 'vitest'
import { describeFlags, type Flag, parseFlags, UsageError } from '../../src/cli/flags.ts'

const flags: readonly Flag[] = [
  { names: ['-d', '--drain'], value: 'none', about: 'drain' },
  { names: ['-n', '--none'], value: 'none', about: 'none' },
  { names: ['-p', '--path'], value: 'optional', valueName: 'dir', about: 'path' },
  { names: ['-s', '--save'], value: 'needed', valueName: 'path', about: 'save' },
  { names: ['-D'], value: 'list', valueName: 'key=value', about: 'define' },
  { names: ['-detached', '--detached'], value: 'none', about: 'detached' },
]
const parse = (...words: readonly string[]) => parseFlags(words, { flags })

describe('parseFlags', () => {
  it('tells -d from -detached, and reads flags written together', () => {
    expect(parse('-detached').has('--drain')).toBe(false)
    expect(parse('-detached').has('--detached')).toBe(true)
    const both = parse('-dn', 'id')
    expect([both.has('--drain'), both.has('--none'), both.args]).toEqual([true, true, ['id']])
  })

  it('gives an optional value the next word unless that is a flag', () => {
    expect(parse('-p', 'dir', 'id').value('--path')).toBe('dir')
    const bare = parse('-p', '-d', 'id')
    expect([bare.has('--path'), bare.value('--path'), bare.args]).toEqual([true, undefined, ['id']])
    expect(parse('-p').has('--path')).toBe(true)
  })

  it('reads values after a space, after =, and right after a letter', () => {
    for (const words of [['-s', 'x'], ['-s=x'], ['-sx'], ['--save', 'x'], ['--save=x']]) {
      expect(parse(...words).value('--save'), words.join(' ')).toBe('x')
    }
    expect(parse('-s', '-1').value('--save')).toBe('-1')
    expect(parse('-Da=1', '-D', 'b=2=3').values('-D')).toEqual(['a=1', 'b=2=3'])
  })

  it('leaves what follows -- or, where asked, the first argument', () => {
    expect(parse('-d', '--', '-n', 'x').args).toEqual(['-n', 'x'])
    const stopped = parseFlags(['-d', 'job.ts', '-n', '--unknown'], { flags, stopAtArgument: true })
    expect([stopped.args, stopped.has('--none')]).toEqual([['job.ts', '-n', '--unknown'], false])
  })

  it('names what it does not understand', () => {
    const refusal = (...words: readonly string[]) => {
      expect(() => parse(...words)).toThrow(UsageError)
      try {
        parse(...words)
      } catch (error) {
        return (error as Error).message
      }
      return ''
    }
    expect(refusal('-x')).toBe('Unrecognized option: -x')
    expect(refusal('--drian')).toBe('Unrecognized option: --drian (did you mean --drain?)')
    expect(refusal('-s')).toBe('Missing argument for option: -s (expected path)')
    expect(refusal('-s', '-d')).toContain('Missing argument for option: -s')
    expect(refusal('--drain=yes')).toContain('takes no value')
  })

  it('describes itself', () => {
    expect(describeFlags(flags)).toContain('-p, --path [dir]')
    expect(describeFlags(flags)).toContain('-Dkey=value')
  })
})
