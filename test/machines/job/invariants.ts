/** INV-JOB-1 to INV-JOB-8 of `src/machines/job/machine.ts` as monitors. They know the protocol, nothing of the chart. */
import type { JobEffect, JobEvent } from '../../../src/machines/job/protocol.ts'
import type { SubtaskStatus } from '../../../src/machines/subtask/protocol.ts'
import { type AnyMonitor, monitor, Wrong } from '../monitored-walk.ts'
import { subtasks } from './alphabet.ts'

type JobMonitor = AnyMonitor<JobEvent, JobEffect>

const watch = <Memory>(
  name: string,
  start: Memory,
  step: (memory: Memory, event: JobEvent, effects: readonly JobEffect[], state: string) => Memory | Wrong,
): JobMonitor => monitor<Memory, JobEvent, JobEffect>(name, start, step)

const over: readonly SubtaskStatus[] = ['finished', 'canceled', 'failed']
const up: readonly SubtaskStatus[] = ['running', 'ended', 'finished']

interface Attempt {
  readonly attempt: number
  readonly statuses: readonly SubtaskStatus[]
}
const fresh = (attempt: number): Attempt => ({ attempt, statuses: subtasks.map(() => 'created') })

/** What subtasks said of the current attempt; the last word of each is final. */
function hear(current: Attempt, event: JobEvent): Attempt {
  if (event.type !== 'subtask.reported' || event.attempt !== current.attempt) return current
  const index = subtasks.indexOf(event.subtask)
  const known = current.statuses[index]
  if (known === undefined || over.includes(known)) return current
  return { attempt: current.attempt, statuses: current.statuses.with(index, event.status) }
}

const deploysInOrder = watch(
  'INV-JOB-1 deploys in order',
  { current: fresh(0), stopped: false, settled: true },
  (memory, event, effects) => {
    let current = hear(memory.current, event)
    let { stopped, settled } = memory
    if (event.type === 'checkpoints.settled' && stopped) settled = true
    for (const effect of effects) {
      if (effect.type === 'stopCheckpoints') stopped = true
      if (effect.type !== 'deploy') continue
      const { attempt } = effect.params
      if (attempt !== current.attempt + 1) return new Wrong(`attempt ${attempt} after ${current.attempt}`)
      if (!settled) return new Wrong('checkpoints have not settled')
      if (attempt > 1 && !current.statuses.every((status) => over.includes(status))) {
        return new Wrong(`subtasks are ${current.statuses}`)
      }
      current = fresh(attempt)
      stopped = false
      settled = false
    }
    return { current, stopped, settled }
  },
)

const completesOnce = watch(
  'INV-JOB-2 completes once, when released',
  { released: 'no', complete: false, asked: [] as string[], told: '' },
  (memory, event, effects) => {
    let { released, complete, asked, told } = memory
    if (event.type === 'job.released' && released === 'asked') released = 'yes'
    if (event.type === 'cancel.requested') asked = [...new Set([...asked, 'CANCELED'])].sort()
    if (event.type === 'suspend.requested') asked = [...new Set([...asked, 'SUSPENDED'])].sort()
    for (const effect of effects) {
      if (complete && effect.type !== 'report') return new Wrong(`${effect.type} after the end`)
      if (effect.type === 'release') {
        if (released !== 'no') return new Wrong('it is released twice')
        released = 'asked'
      }
      if (effect.type === 'reportStatus') told = effect.params.status
      if (effect.type !== 'complete') continue
      const { status, failure } = effect.params
      complete = true
      if (released !== 'yes') return new Wrong('it completes before it is released')
      if (told !== status) return new Wrong(`it completes as ${status} and was told to be ${told}`)
      if ((failure !== undefined) !== (status === 'FAILED')) return new Wrong(`${status} with failure ${failure?.code}`)
      if (['CANCELED', 'SUSPENDED'].includes(status) && !asked.includes(status))
        return new Wrong(`nobody asked: ${status}`)
    }
    return { released, complete, asked, told }
  },
)

const checkpointsWhenUp = watch(
  'INV-JOB-3 checkpoints start when all are up',
  { current: fresh(0), started: false },
  (memory, event, effects) => {
    let current = hear(memory.current, event)
    let { started } = memory
    for (const effect of effects) {
      if (effect.type === 'deploy') {
        current = fresh(effect.params.attempt)
        started = false
      }
      if (effect.type === 'release' && effect.params.status === 'FINISHED') {
        if (!current.statuses.every((status) => status === 'finished')) return new Wrong(`${current.statuses}`)
      }
      if (effect.type !== 'startCheckpoints') continue
      const { attempt, finished } = effect.params
      if (started) return new Wrong('they start twice')
      if (attempt !== current.attempt) return new Wrong(`attempt ${attempt}, not ${current.attempt}`)
      if (!current.statuses.every((status) => up.includes(status))) return new Wrong(`${current.statuses}`)
      const expected = subtasks.filter((_, index) => current.statuses[index] === 'finished')
      if (`${finished}` !== `${expected}`) return new Wrong(`finished: ${finished}`)
      started = true
    }
    return { current, started }
  },
)

const stopsOnce = watch(
  'INV-JOB-4 stops once per attempt',
  { deployed: false, stopped: false, canceled: false },
  (memory, _event, effects) => {
    let { deployed, stopped, canceled } = memory
    for (const { type } of effects) {
      if (type === 'deploy') [deployed, stopped, canceled] = [true, false, false]
      if (type === 'stopCheckpoints' && (stopped || !deployed)) return new Wrong('a second stopCheckpoints')
      if (type === 'cancelSubtasks' && (canceled || !deployed)) return new Wrong('a second cancelSubtasks')
      if (type === 'stopCheckpoints') stopped = true
      if (type === 'cancelSubtasks') canceled = true
      if (type === 'release' && deployed && !stopped) return new Wrong('released while checkpoints go on')
    }
    return { deployed, stopped, canceled }
  },
)

const endsWhenAsked = watch('INV-JOB-5 nothing is deployed after a cancel', false, (memory, event, effects) => {
  const asked = memory || event.type === 'cancel.requested' || event.type === 'suspend.requested'
  return asked && effects.some(({ type }) => type === 'deploy') ? new Wrong('it is deployed') : asked
})

const timerWhileRestarting = watch('INV-JOB-6 the timer', false, (memory, event, effects, state) => {
  let armed = memory && !(event.type === 'timer.fired' && event.name === 'restart-delay')
  for (const effect of effects) {
    if (effect.type === 'timer.set') armed = true
    if (effect.type === 'timer.clear') armed = false
  }
  return armed === (state === 'restarting') ? armed : new Wrong(`in ${state} the timer is set: ${armed}`)
})

const restoresLatest = watch('INV-JOB-7 restores what settled', { said: -1, open: false }, (memory, event, effects) => {
  let { said, open } = memory
  if (event.type === 'checkpoints.settled' && open) {
    said = event.latest ?? -1
    open = false
  }
  for (const effect of effects) {
    if (effect.type === 'stopCheckpoints') open = true
    if (effect.type === 'deploy' && (effect.params.latest ?? -1) !== said) return new Wrong(`not ${said}`)
  }
  return { said, open }
})

const tellsEndsInTime = watch(
  'INV-JOB-8 ends are told in time',
  { attempt: 0, started: false },
  (memory, event, effects) => {
    let { attempt, started } = memory
    for (const effect of effects) {
      if (effect.type === 'deploy') [attempt, started] = [effect.params.attempt, false]
      if (effect.type === 'startCheckpoints') started = true
      if (effect.type === 'stopCheckpoints') started = false
      if (effect.type !== 'tellEnd') continue
      if (!started) return new Wrong('no checkpoints go on')
      if (effect.params.attempt !== attempt) return new Wrong(`attempt ${effect.params.attempt}, not ${attempt}`)
      if (event.type !== 'subtask.reported' || event.subtask !== effect.params.subtask)
        return new Wrong('nobody said so')
    }
    return { attempt, started }
  },
)

export const jobInvariants: readonly JobMonitor[] = [
  deploysInOrder,
  completesOnce,
  checkpointsWhenUp,
  stopsOnce,
  endsWhenAsked,
  timerWhileRestarting,
  restoresLatest,
  tellsEndsInTime,
]
