/** A source and a sink that tests hold the other end of. */
import type { Sink, SinkWriter, Source, SourcePoll, SourceReaderContext } from '../../src/operators/endpoints.ts'

/** Hands out what the test puts into `found`; then `waiting`, until the test wakes it. */
export class HandSource {
  readonly found: SourcePoll<unknown>[] = []
  readonly journal: string[] = []
  position = 0
  restored: unknown
  context: SourceReaderContext | undefined

  readonly source: Source<unknown> = {
    kind: 'hand',
    bounded: false,
    replayable: true,
    createReader: (context, restored) => {
      this.context = context
      this.restored = restored
      return {
        poll: () => {
          const found = this.found.shift() ?? { type: 'waiting' }
          if (found.type === 'records') this.position += found.values.length
          return found
        },
        snapshot: () => ({ position: this.position }),
        close: () => void this.journal.push('source closed'),
      }
    },
  }

  /** Gives records, or the end, and wakes the subtask. */
  give(...found: readonly (SourcePoll<unknown> | readonly unknown[])[]): void {
    for (const one of found) this.found.push('type' in one ? one : { type: 'records', values: one })
    this.context?.wake()
  }
}

/** Keeps a journal of its calls. `overrides` replace what a call does after it was noted. */
export function journalSink(journal: string[], overrides: Partial<SinkWriter<unknown>> = {}): Sink<unknown> {
  return {
    kind: 'journal',
    stateful: true,
    createWriter: (_context, restored) => {
      if (restored !== undefined) journal.push(`restored ${JSON.stringify(restored)}`)
      const noted = <Args extends unknown[], T>(
        what: string,
        act: ((...args: Args) => T) | undefined,
        otherwise: T,
      ) => {
        return (...args: Args): T => {
          journal.push(args.length === 0 ? what : `${what} ${String(args[0])}`)
          return act === undefined ? otherwise : act(...args)
        }
      }
      return {
        write: noted('write', overrides.write, undefined),
        endOfData: noted<[], void | Promise<void>>('end', overrides.endOfData, undefined),
        snapshot: noted('snapshot', overrides.snapshot, { state: { pending: journal.length } }),
        notifyCompleted: noted('commit', overrides.notifyCompleted, undefined),
        notifyAborted: noted('abort', overrides.notifyAborted, undefined),
        close: noted<[], void | Promise<void>>('close', overrides.close, undefined),
      }
    },
  }
}

/** A promise and its end. */
export function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve: () => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
