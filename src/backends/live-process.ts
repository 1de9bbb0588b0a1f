/** Does a process of this id run on this machine? It may be a later one that was given the id of an earlier. */
import { errnoOf } from './storage-errors.ts'

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and somebody else's.
    return errnoOf(error) === 'EPERM'
  }
}
