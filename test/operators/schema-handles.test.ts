import { describe, expect, it } from 'vitest'
import { heapStateBackend } from '../../src/backends/heap-state.ts'
import type { StandardSchemaV1 } from '../../src/core/standard-schema.ts'
import { openStates } from '../../src/operators/open-state.ts'
import { keyedProcessOperator } from '../../src/operators/process.ts'
import { checkedDescriptor } from '../../src/operators/schema-handles.ts'
import { OperatorHarness } from '../../src/testing/operator-harness.ts'
import { type Command, schemaHandled } from './schema-program.ts'

/** Texts of up to three characters. */
const shortTexts: StandardSchemaV1 = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'string' && value.length <= 3
        ? { value: 'another' }
        : { issues: [{ message: 'not a short text' }] },
  },
}

const opened = (schema = shortTexts) =>
  new OperatorHarness(keyedProcessOperator(schemaHandled(schema)), {
    key: ({ key }: Command) => key,
    name: 'notes',
    uid: 'notes-1',
  })

const calls = ['update', 'add', 'addAll', 'replace', 'put', 'reduce', 'aggregate']

describe('state with a schema', () => {
  it('stores what passes, as it was given, and reads, removes and clears as ever', () => {
    const harness = opened()
    for (const call of calls) harness.element({ key: 'a', call, value: 'x' })
    expect(harness.values.at(-1)).toEqual({
      value: 'x',
      list: ['x'],
      map: [['k', 'x']],
      ends: ['x', true, false, ['k'], ['x']],
      reducing: 'x',
      aggregating: 'x',
    })
    harness.element({ key: 'a', call: 'drop' })
    harness.element({ key: 'a', call: 'clear' })
    expect(harness.values.at(-1)).toEqual({
      value: 'none',
      list: [],
      map: [],
      ends: [undefined, false, true, [], []],
      reducing: undefined,
      aggregating: undefined,
    })
  })

  it.each(calls)('refuses in %s what does not pass, naming state, operator and key', (call) => {
    const harness = opened()
    const read = () => {
      harness.element({ key: 'a', call: 'read' })
      return harness.values.at(-1)
    }
    const untouched = read()
    expect(() => harness.element({ key: 'a', call, value: 'too long' })).toThrow(
      expect.objectContaining({
        code: 'STATE_VALUE_REFUSED',
        message: expect.stringMatching(
          /^A value for key "a" was not stored in state "\w+" of operator "notes" \(uid "notes-1"\), because its schema refuses it: not a short text\.$/,
        ),
        restartable: true,
      }),
    )
    expect(read()).toEqual(untouched)
  })

  it.each(['reduce', 'aggregate'])('holds against it what %s makes, too', (call) => {
    const harness = opened()
    for (const value of ['x', 'yy']) harness.element({ key: 'a', call, value })
    expect(() => harness.element({ key: 'a', call, value: 'z' })).toThrow(/refuses it: not a short text/)
  })

  it.each(calls)('names state, operator and key when in %s the schema answers what is no answer', (call) => {
    const validate = () => undefined as never
    const harness = opened({ '~standard': { version: 1, vendor: 'test', validate } })
    expect(() => harness.element({ key: 'a', call, value: 'x' })).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        message: expect.stringMatching(
          /^The schema of state "\w+" of operator "notes" \(uid "notes-1"\) for key "a" answers with undefined: expected/,
        ),
      }),
    )
  })

  it('leaves state without a schema to the backend alone', () => {
    const options = { range: { start: 0, end: 7 }, maxParallelism: 8, freeze: false, operatorName: 'op' }
    const backend = heapStateBackend.create(options)
    const descriptor = { kind: 'value', initial: 0 } as const
    const owner = { operatorName: 'op', uid: undefined, now: () => 0, requestProcessingTime: () => {} }
    const { handles, cleanup } = openStates(backend, { plain: descriptor }, owner)
    expect(handles.plain).toBe(backend.state('plain', descriptor))
    expect(cleanup).toBeUndefined()
    expect(checkedDescriptor(descriptor, (value) => value)).toBe(descriptor)
  })
})
