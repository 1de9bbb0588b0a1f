/**
 * `env.execute()`: one session per process, made when the first program runs.
 */
import { setExecutor } from '../program/environment.ts'
import { createSession } from './create-session.ts'
import type { Session } from './session.ts'
import type { LogLevel } from './session-options.ts'

let session: Session | undefined

/** Warnings and errors go to standard error, so that what a program prints stays its own. */
const log = (level: LogLevel, message: string): void => {
  if (level !== 'info') process.stderr.write(`tidemark ${level}: ${message}\n`)
}

/** Lets `env.execute()` run jobs in this process. */
export function installExecutor(): void {
  setExecutor(async (environment, name) => {
    session ??= createSession({ log })
    return session.submit(environment, { name })
  })
}
