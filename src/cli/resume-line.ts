/** The command line by which a suspended job goes on: what was given, but for what said where to start from. */
import type { ParsedFlags } from './flags.ts'

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** `tidemark run --resume …`, with the options and the job's arguments as they were given. */
export function resumeLine(flags: ParsedFlags, file: string, args: readonly string[]): string {
  const valued = ['--parallelism', '--name'].flatMap((name) => {
    const value = flags.value(name)
    if (value === undefined) return []
    const short = name === '--parallelism' ? '-p' : name
    // What looks like a flag is read as a value only behind an equals sign.
    return value.startsWith('-') ? [`${short}=${value}`] : [short, value]
  })
  const plain = ['--no-rest', '--quiet', '--verbose'].filter((name) => flags.has(name))
  const definitions = flags.values('-D').map((text) => `-D${withoutSecret(text)}`)
  const words = ['tidemark', 'run', '--resume', ...valued, ...definitions, ...plain, file, ...args]
  return words.map(shellWord).join(' ')
}

/** The line may end up in a log. */
const withoutSecret = (definition: string): string => definition.replace(/^(\s*rest\.token\s*=).*$/s, '$1…')
