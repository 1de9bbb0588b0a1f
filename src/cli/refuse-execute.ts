/**
 * A job file that calls `execute` itself is a program to be started by itself, not one to be given to `tidemark run`:
 * its job would run here, unconfigured, before anybody had submitted it.
 */
import { extname } from 'node:path'
import { StreamError } from '../core/errors.ts'
import { interceptExecute } from '../program/environment.ts'

/**
 * What `load` gives. Fails with `JOB_FILE_INVALID` as soon as anything calls `execute` meanwhile, and runs no job. When
 * two files are loaded at once, the one begun last is taken for the one that called.
 */
export function refusingExecute<T>(path: string, load: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = interceptExecute(() => {
      reject(runsItsOwn(path))
      // A second call of the same turn is refused, too. The load itself may never end, since its call does not.
      setImmediate(release)
      // An error would end the process when the file does not wait for the call: so the file stops where it is.
      return new Promise(() => {})
    })
    load().then(resolve, reject).finally(release)
  })
}

function runsItsOwn(path: string): StreamError {
  const start = /ts$/.test(extname(path)) ? 'npx tsx' : 'node'
  return new StreamError(
    'JOB_FILE_INVALID',
    `${path} runs a job of its own: it calls execute() while it is loaded. Start it by itself, with \`${start} ${path}\`; ` +
      'or make it a job file: replace the call by `export default env`.',
    { details: { file: path } },
  )
}
