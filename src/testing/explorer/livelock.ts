/** From which states no end can be reached: found backwards from the ends, along every transition. */
import { IntList } from './int-list.ts'

/** Transitions as pairs of states. */
export class EdgeList {
  readonly from = new IntList()
  readonly to = new IntList()

  get bytes(): number {
    return this.from.bytes + this.to.bytes
  }

  push(from: number, to: number): void {
    this.from.push(from)
    this.to.push(to)
  }
}

/** The first state from which no end can be reached. */
export function firstTrapped(states: number, { from, to }: EdgeList, ends: IntList): number | undefined {
  // Transitions in the order of the state they lead to: those to state s are at starts[s] … starts[s + 1].
  const starts = new Int32Array(states + 1)
  for (let i = 0; i < to.length; i++) starts[to.at(i) + 1]!++
  for (let s = 0; s < states; s++) starts[s + 1]! += starts[s]!
  const next = starts.slice()
  const sources = new Int32Array(from.length)
  for (let i = 0; i < from.length; i++) sources[next[to.at(i)]!++] = from.at(i)
  const isFree = new Uint8Array(states)
  const queue = new IntList()
  const free = (state: number) => {
    if (isFree[state] === 1) return
    isFree[state] = 1
    queue.push(state)
  }
  for (let i = 0; i < ends.length; i++) free(ends.at(i))
  for (let i = 0; i < queue.length; i++) {
    const state = queue.at(i)
    for (let k = starts[state]!; k < starts[state + 1]!; k++) free(sources[k]!)
  }
  const trapped = isFree.indexOf(0)
  return trapped < 0 ? undefined : trapped
}
