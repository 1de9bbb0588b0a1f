/** Records to the terminal, for looking at a stream. */
import { inspect } from 'node:util'
import { StreamError } from '../core/errors.ts'
import type { Sink } from '../operators/endpoints.ts'

export interface PrintOptions {
  /** Where to write; the standard output of the process by default. */
  readonly to?: TextTarget
}

interface TextTarget {
  write(text: string): unknown
  on?(event: 'error', hear: (error: Error) => void): unknown
}

/**
 * A sink that writes each record as one line, at once: at least once. Fails with `SINK_FAILED` when what it writes to is closed, as
 * behind `| head`.
 *
 * Strings are written as they are, other values as Node shows them. Lines begin with `prefix` and, when several
 * subtasks write, with the number of the subtask, from 1: `prefix:2> …`.
 *
 * @example
 * env.fromSource(fromCollection(['to', 'be'])).sinkTo(print('words'))
 */
export const print = <T>(prefix = '', options: PrintOptions = {}): Sink<T> => ({
  kind: 'print',
  stateful: false,
  createWriter(context) {
    const start = lineStart(prefix, context.parallelism > 1 ? String(context.subtaskIndex + 1) : '')
    const stream = options.to ?? process.stdout
    const failure = failureOf(stream)
    const checkOpen = (): void => {
      if (failure.error !== undefined) throw unwritable(failure.error)
    }
    return {
      write(values) {
        checkOpen()
        let text = ''
        for (const value of values) text += `${start}${shown(value)}\n`
        stream.write(text)
      },
      endOfData: checkOpen,
      snapshot: () => ({ state: undefined }),
      notifyCompleted() {},
      close() {},
    }
  },
})

interface Failure {
  error: Error | undefined
}

/** A stream tells of its failure later, to whoever listens, and to nobody but once: it is heard here for all sinks that write to it. */
const failures = new WeakMap<TextTarget, Failure>()

function failureOf(stream: TextTarget): Failure {
  const known = failures.get(stream)
  if (known !== undefined) return known
  const failure: Failure = { error: undefined }
  failures.set(stream, failure)
  stream.on?.('error', (error) => {
    failure.error = error
  })
  return failure
}

const unwritable = (cause: Error): StreamError =>
  new StreamError('SINK_FAILED', `What print writes is not read any more: ${cause.message}.`, {
    cause,
    restartable: false,
  })

const lineStart = (prefix: string, subtask: string): string => {
  const start = [prefix, subtask].filter((part) => part !== '').join(':')
  return start === '' ? '' : `${start}> `
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 8 })
