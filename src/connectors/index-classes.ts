/**
 * Which indexes one subtask of a generator makes, and in which order.
 *
 * All indexes are cut into classes: class c of m has c, c + m, c + 2m, … A class is what goes to another subtask when the
 * parallelism changes, so there are more of them than subtasks; what is left of one is its next index and its step m.
 * A subtask makes the indexes of its classes in rising order, also when some of them are behind the others because another
 * subtask had them before.
 */
import { DividedState } from '../core/operator-state.ts'
import type { EndpointContext } from '../operators/endpoints.ts'
import { incompatibleState, restoredPosition } from './position.ts'

/** Of the state, and what it is called in a manifest. */
const listName = 'indexes'

/** At least so many classes: up to as many subtasks have something to do, however few began. */
const classesMin = 128

interface IndexClass {
  readonly next: number
  readonly step: number
}

export class IndexClasses {
  readonly #step: number
  /** The next index of each class. Those that take part in the present lap come first, in rising order. */
  readonly #nexts: number[]
  /** A lap is one step long, so each class has at most one index in it. */
  #lap = 0
  #at = 0

  constructor(classes: readonly IndexClass[]) {
    this.#step = classes[0]?.step ?? 1
    this.#nexts = classes.map(({ next }) => next)
    this.#beginLap()
  }

  /** The next index; infinite when there is none. */
  get next(): number {
    return this.#nexts[this.#at] ?? Number.POSITIVE_INFINITY
  }

  /** The part of all indexes that these are. */
  get share(): number {
    return this.#nexts.length / this.#step
  }

  /** Goes past the next index, which there is, and returns it. */
  take(): number {
    const index = this.#nexts[this.#at]!
    this.#nexts[this.#at] = index + this.#step
    this.#at += 1
    if (this.#at === this.#lap) this.#beginLap()
    return index
  }

  snapshot(): DividedState {
    const items = this.#nexts.map((next): IndexClass => ({ next, step: this.#step }))
    return new DividedState({ [listName]: { mode: 'split', items } })
  }

  #beginLap(): void {
    this.#at = 0
    const nexts = this.#nexts
    // If all of them took part in the last lap, they are in order and as close together as before.
    if (nexts.length === 0 || this.#lap === nexts.length) return
    nexts.sort((a, b) => a - b)
    const end = nexts[0]! + this.#step
    this.#lap = nexts.findLastIndex((next) => next < end) + 1
  }
}

/** The classes of a subtask that begins, or goes on from `restored`. Fails with `RESTORE_STATE_INCOMPATIBLE`. */
export function indexClasses(context: EndpointContext, restored: unknown): IndexClasses {
  if (restored === undefined) return new IndexClasses(firstClasses(context))
  if (!(restored instanceof DividedState)) {
    return new IndexClasses(classesOfPosition(context, restoredPosition(context, restored)))
  }
  const items = restored.items(listName)
  const isClass = (item: unknown): item is IndexClass => {
    const { next, step } = (item ?? {}) as Partial<IndexClass>
    return isIndex(next) && isIndex(step) && step > 0
  }
  if (items.every(isClass) && items.every(({ step }) => step === items[0]!.step)) return new IndexClasses(items)
  throw incompatibleState(context, 'a generator')
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function firstClasses({ subtaskIndex, parallelism }: EndpointContext): readonly IndexClass[] {
  const step = Math.max(classesMin, 2 ** Math.ceil(Math.log2(parallelism)))
  const classes: IndexClass[] = []
  for (let next = subtaskIndex; next < step; next += parallelism) classes.push({ next, step })
  return classes
}

/**
 * State as it was written before it could be divided: the number of records of a subtask that makes every p-th index. Its
 * one class is cut into finer ones.
 */
function classesOfPosition({ subtaskIndex, parallelism }: EndpointContext, position: number): readonly IndexClass[] {
  const pieces = Math.ceil(classesMin / parallelism)
  const next = subtaskIndex + position * parallelism
  const step = parallelism * pieces
  return Array.from({ length: pieces }, (_, piece) => ({ next: next + piece * parallelism, step }))
}
