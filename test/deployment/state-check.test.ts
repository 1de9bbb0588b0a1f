import { describe, expect, it } from 'vitest'
import type { ManifestOperator, StoredState } from '../../src/backends/manifest.ts'
import type { StateDescriptor } from '../../src/backends/state-backend.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { judgeStates, newStates, refusalOfState, stateRefusals } from '../../src/deployment/state-check.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { hex, operator, vertexOf } from './graphs.ts'

const handle = (states: readonly StoredState[]) => ({
  file: 'f',
  offset: 0,
  length: 1,
  checksum: '00000000',
  codec: 1,
  keyGroups: { start: 0, end: 127 },
  states,
})

const storedWith = (...subtasks: readonly (readonly StoredState[])[]): ManifestOperator => ({
  id: hex(1) as OperatorId,
  uid: 'old',
  name: 'old',
  vertex: vertexOf(1),
  parallelism: subtasks.length,
  maxParallelism: 128,
  subtasks: subtasks.map((states, index) => ({ index, finished: false, keyed: [handle(states)], operator: undefined })),
})

const declaring = (states: Readonly<Record<string, StateDescriptor>>) =>
  operator(1, { uid: 'totals', operator: { ...operator(1).operator, states } as OperatorFactory })

const value: StateDescriptor = { kind: 'value', initial: 0 }

describe('the check of what becomes of the states of an operator', () => {
  const stored = storedWith(
    [
      { name: 'count', kind: 'value' },
      { name: 'seen', kind: 'value', version: 1 },
    ],
    [
      { name: 'count', kind: 'value' },
      { name: 'sizes', kind: 'list' },
      { name: 'count', kind: 'timers' },
    ],
  )
  const migrate = (old: never) => old
  const states = { count: value, seen: { ...value, version: 2, migrate }, sizes: value, more: value }

  it('has a verdict for each state, whichever subtasks have it', () => {
    const verdicts = judgeStates({ states }, [{ stored }])
    expect(verdicts.map(({ stored: { name, kind }, conversion: { type } }) => `${name} (${kind}): ${type}`)).toEqual([
      'count (value): same',
      'seen (value): converted',
      'sizes (list): refused',
      'count (timers): same',
    ])
    expect(newStates({ states }, verdicts)).toEqual(['more'])
  })

  it('goes by the names that a mapping gives, and looks at nothing else', () => {
    const choices = [{ from: 'sizes', to: 'lengths' }]
    const verdicts = judgeStates({ states: { lengths: { kind: 'list' }, count: value } }, [{ stored, states: choices }])
    expect(verdicts.map(({ to, conversion }) => [to, conversion.type])).toEqual([['lengths', 'same']])
  })

  it('takes everything as it is when nothing is known of the declarations', () => {
    const verdicts = judgeStates({}, [{ stored }])
    expect(verdicts.every(({ conversion }) => conversion.type === 'same')).toBe(true)
    expect(newStates({}, verdicts)).toEqual([])
  })

  it('does not take names of Object for declarations', () => {
    const odd = storedWith([{ name: 'constructor', kind: 'list' }])
    expect(judgeStates({ states: {} }, [{ stored: odd }])[0]!.conversion).toEqual({ type: 'same' })
  })

  it('names state, operator and snapshot, why not, and what to type', () => {
    expect(stateRefusals(declaring(states), [{ stored }], '/sp/1')).toEqual([
      expect.objectContaining({
        code: 'RESTORE_STATE_INCOMPATIBLE',
        message:
          'State "sizes" of operator "op1" (uid "totals") cannot be restored from /sp/1: it was written as list, and the ' +
          'program declares value: a list may hold any number of items. To restore it, declare it as list, or under another name.',
        details: { operator: 'op1', operatorId: hex(1), uid: 'totals', state: 'sizes' },
      }),
    ])
    const { sizes: _, ...sound } = states
    expect(stateRefusals(declaring(sound), [{ stored }], '/sp/1')).toEqual([])
    const [first] = judgeStates({ states: sound }, [{ stored }])
    expect(refusalOfState(declaring(sound), first!, '/sp/1')).toBeUndefined()
  })
})
