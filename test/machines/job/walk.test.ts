import { describe, expect, it } from 'vitest'
import { jobMachine } from '../../../src/machines/job/machine.ts'
import * as order from '../../../src/machines/job/orders.ts'
import type { JobEffect, JobEvent, RestartStrategy } from '../../../src/machines/job/protocol.ts'
import { machineSystem, type System } from '../../../src/testing/machine-harness.ts'
import { monitoredWalk, remembered, walkMonitors } from '../monitored-walk.ts'
import { alphabet, jobOf } from './alphabet.ts'
import { jobInvariants } from './invariants.ts'

const twice: RestartStrategy = { strategy: 'fixed-delay', attempts: 2, delayMs: 1_000 }
const exponential: RestartStrategy = {
  strategy: 'exponential-delay',
  initialBackoffMs: 1_000,
  maxBackoffMs: 8_000,
  backoffMultiplier: 2,
  resetBackoffThresholdMs: 1_000_000,
  jitterFactor: 0.1,
  attempts: 1,
}
const rate: RestartStrategy = {
  strategy: 'failure-rate',
  maxFailuresPerInterval: 1,
  failureRateIntervalMs: 60_000,
  delayMs: 500,
}

const walks: readonly (readonly [name: string, restart: RestartStrategy, alphabet: readonly JobEvent[]])[] = [
  ['no restarts', { strategy: 'none' }, alphabet(2)],
  ['fixed delay, three attempts', twice, alphabet(3, ['running', 'finished', 'failed'])],
  ['exponential delay', exponential, alphabet(2, ['running', 'canceled', 'failed'])],
  ['failure rate', rate, alphabet(2, ['running', 'canceled', 'failed'])],
]

type JobSystem = System<unknown, JobEvent, JobEffect>

const systemOf = (restart: RestartStrategy): JobSystem =>
  machineSystem<typeof jobMachine, JobEffect>(jobMachine, jobOf(restart)) as JobSystem

describe('every reachable state of a job', () => {
  const edgesTaken = new Set<string>()
  const effects = new Set<string>()
  for (const [name, restart, events] of walks) {
    it(name, () => {
      const report = monitoredWalk(systemOf(restart), events, jobInvariants)
      for (const edge of report.edgesTaken) edgesTaken.add(edge)
      for (const effect of report.effects) effects.add(effect)
      expect([...report.names]).toEqual(expect.arrayContaining(['failed', 'canceled', 'suspended']))
    })
  }

  it('together they take every edge and issue every effect', () => {
    const { edges = [] } = systemOf(twice)
    expect(edges.filter((edge) => !edgesTaken.has(edge))).toEqual([])
    expect([...effects].sort()).toEqual([...Object.keys(order.effects), 'timer.clear', 'timer.set'].sort())
  })
})

const once: RestartStrategy = { strategy: 'fixed-delay', attempts: 1, delayMs: 1_000 }
const sound = remembered(systemOf(once))

/** A copy of the machine in which one thing is wrong. */
const broken = (breaks: (effects: readonly JobEffect[], event: JobEvent) => readonly JobEffect[]): JobSystem => ({
  ...sound,
  step: (state, event) => {
    const { snapshot, effects } = sound.step(state, event)
    return { snapshot, effects: breaks(effects, event) }
  },
})
const without = (type: JobEffect['type']) => broken((effects) => effects.filter((one) => one.type !== type))
const eagerly = (one: JobEffect): JobEffect[] =>
  one.type === 'reportRestart' ? [one, { type: 'deploy', params: { attempt: 2, latest: undefined } }] : [one]

describe('a broken job is caught', () => {
  const canaries: readonly (readonly [name: string, system: JobSystem, invariant: string])[] = [
    ['it deploys before the delay', broken((effects) => effects.flatMap(eagerly)), 'INV-JOB-1'],
    ['it completes as something else', without('reportStatus'), 'INV-JOB-2'],
    ['it never stops its checkpoints', without('stopCheckpoints'), 'INV-JOB-4'],
    [
      'it tells ends before anybody listens',
      broken((effects, event) =>
        event.type === 'subtask.reported' && event.status === 'ended' && effects.length === 0
          ? [{ type: 'tellEnd', params: { subtask: event.subtask, attempt: event.attempt, status: 'ended' } }]
          : effects,
      ),
      'INV-JOB-8',
    ],
    ['it leaves its timer behind', without('timer.clear'), 'INV-JOB-6'],
  ]
  for (const [name, system, invariant] of canaries) {
    it(name, () => {
      const monitors = jobInvariants.filter((one) => one.name.startsWith(invariant))
      expect(() => walkMonitors(system, alphabet(2), monitors)).toThrow(invariant)
    })
  }
})
