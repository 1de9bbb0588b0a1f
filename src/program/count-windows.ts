/** Windows of so many records, as Flink has them: global windows that are told when to fire and what to forget. */
import { countEvictor } from '../operators/windows/evictors.ts'
import { countTrigger, purgingTrigger } from '../operators/windows/triggers.ts'
import type { WindowedStream } from './windowed-stream.ts'

/** `windows` are global. Fails with `ARGUMENT_INVALID`. */
export const countWindows = <T, K>(
  windows: WindowedStream<T, K>,
  size: number,
  slide?: number,
): WindowedStream<T, K> =>
  slide === undefined
    ? windows.trigger(purgingTrigger(countTrigger(size)))
    : windows.evictor(countEvictor(size)).trigger(countTrigger(slide))
