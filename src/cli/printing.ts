/**
 * Prints what may be long, line by line: waits for a reader that is slow, and ends quietly when there is none any more
 * (`| head`). Tests: test/cli/printing.test.ts.
 */
import { printLine, type TextStream } from './context.ts'

/** Resolves when more may be printed. */
export type Print = (line?: string) => Promise<void>

const unread = Symbol('nobody reads what is printed')

/** Gives the exit code of `work`, or 0 when its reader has left. */
export async function printing(stream: TextStream, work: (print: Print) => Promise<number>): Promise<number> {
  let closed = false
  let heard = (): void => {}
  // Stays for as long as the process does, since what is printed last may fail later than this.
  stream.on?.('error', (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    closed = true
    heard()
  })
  const print: Print = async (line = '') => {
    if (!closed) printLine(stream, line)
    if (!closed && stream.writableNeedDrain === true) {
      await new Promise<void>((resolve) => {
        heard = resolve
        stream.once?.('drain', resolve)
      })
    }
    if (closed) throw unread
  }
  try {
    return await work(print)
  } catch (error) {
    if (error === unread) return 0
    throw error
  }
}
