/** Where the process meets the command line: its streams, signals, time and network. Started by `bin/tidemark.js`. */
import { readFileSync } from 'node:fs'
import { isProcessAlive } from '../backends/live-process.ts'
import { realClock } from '../core/clock.ts'
import { Random } from '../core/random.ts'
import { createSession } from '../job/create-session.ts'
import { startRestServer } from '../rest/server.ts'
import { runCommandLine } from './command-line.ts'
import type { CliContext } from './context.ts'

/**
 * Runs the command line and sets the exit code.
 *
 * @example await main(process.argv.slice(2))
 */
export async function main(argv: readonly string[], context: CliContext = realContext()): Promise<void> {
  // A reader that has left (`| head`) is no reason for a stack trace. Whoever writes much listens for itself.
  for (const stream of [context.stdout, context.stderr]) {
    stream.on?.('error', (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    })
  }
  process.exitCode = await runCommandLine(argv, context)
}

export const realContext = (): CliContext => ({
  cwd: process.cwd(),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  fetch: (url, init) => fetch(url, init),
  clock: realClock,
  random: Random.fromEntropy(),
  version: packageVersion(),
  createSession,
  startRestServer,
  importModule: (url) => import(url),
  onInterrupt: (hear) => {
    process.on('SIGINT', hear).on('SIGTERM', hear)
    return () => void process.off('SIGINT', hear).off('SIGTERM', hear)
  },
  isProcessAlive,
  exit: (code) => process.exit(code),
})

/** Two folders up, both from `src/cli` and from `dist/cli`. */
const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
