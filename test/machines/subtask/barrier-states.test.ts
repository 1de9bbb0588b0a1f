import { describe, expect, it } from 'vitest'
import { describeChart } from '../../../src/machines/chart-edges.ts'
import { barrierStates, overtaken } from '../../../src/machines/subtask/barrier-states.ts'
import { subtaskMachine } from '../../../src/machines/subtask/machine.ts'

const { edges, states } = describeChart(subtaskMachine)
const edgesOf = (state: string) => edges.filter((edge) => edge.state === state)

describe('the states that meet barriers', () => {
  const made = barrierStates({
    base: 'waiting',
    begin: 'beginEndedSnapshot',
    beginComplete: 'beginEndedComplete',
    beginOvertaken: 'beginEndedOvertaken',
    beginTimedOut: 'beginEndedTimedOut',
    exits: [],
  })

  it.each(Object.keys(made))('%s hears the same before and after the end of the data', (state) => {
    const said = (parent: string) =>
      edgesOf(`alive.${parent}.${state}`)
        .filter(({ guard }) => guard !== 'suspensionTaking' && guard !== 'recordingTaking')
        .map(({ event, guard, actions }) => [event, guard, actions.length])
    expect(said('ended')).toEqual(said('running'))
  })

  it('hear only the answer, a crash and a cancellation while a snapshot is taken', () => {
    const taking = ['snapshot.taken', 'snapshot.failed', 'subtask.crashed', 'subtask.canceled', '*']
    expect(Object.keys(made.aligned.on).sort()).toEqual(taking.sort())
    expect(Object.keys(made.snapshotting.on).sort()).toEqual(taking.sort())
  })
})

describe('a subtask that is over', () => {
  it.each(['finished', 'failed', 'canceled'])('ignores in %s what has been overtaken, and never leaves', (state) => {
    expect(edgesOf(state).map(({ event }) => event)).toEqual(expect.arrayContaining(Object.keys(overtaken)))
    expect(edgesOf(state).filter(({ target }) => target !== undefined)).toEqual([])
    expect(states.map(({ path }) => path)).toContain(state)
  })
})
