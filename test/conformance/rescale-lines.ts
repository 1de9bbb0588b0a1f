/** The lines about giving state out to subtasks and about other parallelisms, and where tidemark does otherwise. */
import type { Lines } from './catalogue.ts'

export const stateAssignment: Lines = {
  I1: 'Items of a split list go to one subtask each at another parallelism, and stay where they were at the same one.',
  I2: 'At any parallelism every subtask gets the whole of a union list.',
  I3: 'At any parallelism every subtask gets one whole copy of a broadcast list, also where some subtasks reported none.',
  I4: 'Lists of every mode in one operator are each given out by their own rule.',
  I5: 'Keyed state goes to the subtasks whose key groups meet its own, and passes through at the same parallelism.',
  I6: 'State stored under an id given with setUidHash is found by it, and delivered under the generated id.',
  I7: 'Each operator of a chain gets its own state by its own id.',
  I8: 'Records on their way are given out by how their edge partitions them; where that cannot be done they are refused.',
  I9: 'A parallelism above the maximum that the state was written with is refused.',
  I10: 'The ranges of key groups cover each group once and agree with where records are sent, up to the largest maximum.',
}

export const rescaling: Lines = {
  K1: 'A job with keyed state goes on from a savepoint in more subtasks and in fewer.',
  K2: 'The same holds where the maximum parallelism was derived and would be derived otherwise now.',
  K3: 'Keyed state is rescaled beside an operator whose state cannot be, if that one keeps its parallelism.',
  K4: 'Lists of operators, split, union and broadcast, go on in more subtasks and in fewer.',
  K5: 'A job with state that cannot be divided is refused at another parallelism when it is submitted.',
}

export const differs: Readonly<Record<string, string>> = {
  I9: 'only keyed state is bound to the maximum that it was written with: what no key finds goes on in any number of subtasks.',
}
