import { describe, expect, it } from 'vitest'
import { endStatuses, type JobStatus } from '../../src/core/job-status.ts'
import { jobMachine } from '../../src/machines/job/machine.ts'

describe('the statuses that are ends', () => {
  it("are those of the chart's states that nothing leaves", () => {
    const ends = Object.entries(jobMachine.config.states ?? {})
      .filter(([, state]) => ['cancel.requested', 'suspend.requested'].every((event) => isIgnored(state?.on, event)))
      .filter(([, state]) => state?.states === undefined && Object.keys(state?.on ?? {}).length === 2)
      .map(([name]) => name.toUpperCase() as JobStatus)
    expect([...endStatuses].sort()).toEqual(ends.sort())
  })
})

const isIgnored = (on: object | undefined, event: string): boolean =>
  JSON.stringify((on as Record<string, unknown> | undefined)?.[event]) === '{}'
