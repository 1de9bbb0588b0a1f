/** Records to the terminal, for looking at a stream. */
import { inspect } from 'node:util'
import type { Sink } from '../operators/endpoints.ts'

export interface PrintOptions {
  /** Where to write; the standard output of the process by default. */
  readonly to?: { write(text: string): unknown }
}

/**
 * A sink that writes each record as one line, at once: at least once.
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
    return {
      write(values) {
        let text = ''
        for (const value of values) text += `${start}${shown(value)}\n`
        stream.write(text)
      },
      endOfData() {},
      snapshot: () => ({ state: undefined }),
      notifyCompleted() {},
      close() {},
    }
  },
})

const lineStart = (prefix: string, subtask: string): string => {
  const start = [prefix, subtask].filter((part) => part !== '').join(':')
  return start === '' ? '' : `${start}> `
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 8 })
