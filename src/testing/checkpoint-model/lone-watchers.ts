/** What must hold of what a chart alone orders, whatever it is told: see `lone-chart.ts`. */
import { type Observer, Violation } from '../explorer/system.ts'
import type { LoneFact } from './lone-chart.ts'

interface About {
  readonly checkpointId?: number
  readonly status?: string
  readonly type?: string
  readonly requestId?: string
  readonly attempt?: number
}

/** The memory after a word and after an order of the chart; a text says what is wrong. */
interface Watching<Memory> {
  readonly initial: Memory
  heard?(memory: Memory, type: string, about: About): Memory
  ordered(memory: Memory, type: string, about: About, on: string): Memory | string
}

const watcher = <Memory>(name: string, { initial, heard, ordered }: Watching<Memory>): Observer<never> =>
  ({
    name,
    initial,
    next(memory: Memory, fact: LoneFact): Memory | Violation {
      if (fact.type === 'heard') return heard?.(memory, fact.event.type, fact.event as About) ?? memory
      const after = ordered(memory, fact.effect.type, (fact.effect.params ?? {}) as About, fact.on)
      return typeof after === 'string' ? new Violation(after) : after
    },
  }) as unknown as Observer<never>

const closing = ['closeOutputs', 'closeOperators']
const tellingOutputs = ['forwardBarrier', 'forwardCancel', 'endData', 'commit', 'openOperators', 'takeSnapshot']

export const subtaskWatchers: readonly Observer<never>[] = [
  watcher('INV-ST-1: snapshots are taken once each, by rising id', {
    initial: { last: 0 },
    ordered(memory, type, { checkpointId = 0 }) {
      if (type !== 'takeSnapshot') return memory
      return checkpointId > memory.last ? { last: checkpointId } : `Snapshot ${checkpointId} follows ${memory.last}.`
    },
  }),
  watcher('INV-ST-2: the barrier follows its snapshot', {
    initial: { asked: 0, taken: 0 },
    heard: (memory, type, { checkpointId }) =>
      type === 'snapshot.taken' && checkpointId === memory.asked ? { asked: 0, taken: memory.asked } : memory,
    ordered(memory, type, { checkpointId = 0 }) {
      if (type === 'takeSnapshot') return { ...memory, asked: checkpointId }
      if (type !== 'forwardBarrier') return memory
      if (checkpointId === memory.taken) return { ...memory, taken: 0 }
      return `Barrier ${checkpointId} is sent on, and its snapshot was not taken just before.`
    },
  }),
  watcher('INV-ST-4: what is acknowledged was stored', {
    initial: { writing: [] as readonly number[], stored: 0 },
    heard: (memory, type, { checkpointId = 0 }) => {
      const stored = type === 'snapshot.stored' && memory.writing.includes(checkpointId) ? checkpointId : 0
      return stored === memory.stored ? memory : { ...memory, stored }
    },
    ordered(memory, type, { checkpointId = 0 }) {
      const { writing } = memory
      const others = writing.filter((id) => id !== checkpointId)
      if (type === 'persistSnapshot') return { ...memory, writing: [...others, checkpointId].sort() }
      if (type === 'decline' || type === 'discardSnapshot') return { ...memory, writing: others }
      if (type !== 'acknowledge') return memory
      return memory.stored === checkpointId
        ? { writing: others, stored: 0 }
        : `${checkpointId} was not stored just now.`
    },
  }),
  watcher('INV-ST-5: nothing goes out after the outputs are closed', {
    initial: { closed: false },
    ordered(memory, type) {
      if (memory.closed && tellingOutputs.includes(type)) return `${type} was ordered after the end.`
      return closing.includes(type) && !memory.closed ? { closed: true } : memory
    },
  }),
  watcher('INV-ST-8: the data ends once', {
    initial: { ended: false },
    ordered(memory, type) {
      if (type !== 'endData') return memory
      return memory.ended ? 'The data is ended twice.' : { ended: true }
    },
  }),
]

export const coordinatorWatchers: readonly Observer<never>[] = [
  watcher('INV-CC-1: checkpoints begin by rising id', {
    initial: { last: 0 },
    ordered(memory, type, { checkpointId = 0 }) {
      if (type !== 'triggerBarrier') return memory
      return checkpointId > memory.last
        ? { last: checkpointId }
        : `Checkpoint ${checkpointId} begins after ${memory.last}.`
    },
  }),
  watcher('INV-CC-4: completion is told of what is stored', {
    initial: { stored: 0 },
    heard: (memory, type, { checkpointId = 0 }) => {
      if (type === 'manifest.stored' || type === 'savepoint.published') return { stored: checkpointId }
      return memory.stored === 0 ? memory : { stored: 0 }
    },
    ordered: (memory, type, { checkpointId = 0 }) =>
      type === 'notifyComplete' && checkpointId !== memory.stored ? `${checkpointId} is not stored.` : memory,
  }),
  watcher('INV-CC-6: a request is answered once', {
    initial: { answered: [] as readonly string[] },
    ordered(memory, type, { requestId = '' }) {
      if (type !== 'reply') return memory
      if (memory.answered.includes(requestId)) return `${requestId} is answered twice.`
      return { answered: [...memory.answered, requestId].sort() }
    },
  }),
  watcher('INV-CC-7: a checkpoint ends once', {
    initial: { open: [] as readonly number[] },
    ordered(memory, type, about) {
      const { checkpointId = 0 } = about
      if (type !== 'announce') return memory
      if (about.type === 'triggered') return { open: [...memory.open, checkpointId].sort() }
      if (about.type !== 'completed' && about.type !== 'aborted') return memory
      if (!memory.open.includes(checkpointId)) return `${checkpointId} is ${about.type}, and is not pending.`
      return { open: memory.open.filter((id) => id !== checkpointId) }
    },
  }),
  watcher('INV-CC-8: it says once that all has settled', {
    initial: { owed: false },
    heard: (memory, type) => (type === 'job.stopping' && !memory.owed ? { owed: true } : memory),
    ordered(memory, type) {
      if (type !== 'settled') return memory
      return memory.owed ? { owed: false } : 'It has settled, and nobody asked.'
    },
  }),
]

export const jobWatchers: readonly Observer<never>[] = [
  watcher('INV-JOB-1: attempts rise by one, each after the checkpoints of the last have settled', {
    initial: { attempt: -1, settled: true },
    heard: (memory, type) =>
      type === 'checkpoints.settled' && !memory.settled ? { ...memory, settled: true } : memory,
    ordered(memory, type, { attempt = 0 }) {
      if (type !== 'deploy') return memory
      if (!memory.settled) return `Attempt ${attempt} is deployed before the one before it has settled.`
      if (memory.attempt >= 0 && attempt !== memory.attempt + 1) return `Attempt ${attempt} follows ${memory.attempt}.`
      return { attempt, settled: false }
    },
  }),
  watcher('INV-JOB-2: it completes once, when it is released, and is then still', {
    initial: { releasing: false, over: false },
    ordered(memory, type, _, on) {
      if (type === 'report') return memory
      if (memory.over) return `${type} was ordered after the end.`
      if (type === 'release') return memory.releasing ? 'It is released twice.' : { ...memory, releasing: true }
      if (type !== 'complete') return memory
      return memory.releasing && on === 'job.released' ? { ...memory, over: true } : 'It was not released.'
    },
  }),
  watcher('INV-JOB-4: the checkpoints of an attempt are stopped once', {
    initial: { running: false },
    ordered(memory, type) {
      if (type === 'deploy') return { running: true }
      if (type !== 'stopCheckpoints') return memory
      return memory.running ? { running: false } : 'Its checkpoints are stopped twice.'
    },
  }),
]
