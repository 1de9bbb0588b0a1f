import { expect, it } from 'vitest'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { broadcastState, operatorListState } from '../../src/operators/operator-state-declarations.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import {
  BroadcastConnectedStream,
  BroadcastStream,
  KeyedBroadcastConnectedStream,
} from '../../src/program/broadcast-stream.ts'
import { DataStream } from '../../src/program/data-stream.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { failure } from '../operators/chain-harness.ts'
import { source } from './stub-endpoints.ts'

const states = { rules: broadcastState<string, number>() }
const nothing = { element() {}, broadcastElement() {} }
const start = () => {
  const env = StreamEnvironment.create()
  return { env, numbers: env.fromSource(source()), rules: env.fromSource(source()) }
}
const last = (env: StreamEnvironment) => env.toProgram().transformations.at(-1)!

it('broadcasts with state to a process function of two inputs', () => {
  const { env, numbers, rules } = start()
  const connected = numbers.connect(rules.broadcast(states))
  expect(connected).toBeInstanceOf(BroadcastConnectedStream)
  connected.process(nothing)
  const { inputs, operator } = last(env)
  expect(inputs.map(({ from, input, partitioning: { type } }) => [from, input, type])).toEqual([
    [1, 0, 'forward'],
    [2, 1, 'broadcast'],
  ])
  expect(operator).toMatchObject({ kind: 'broadcast-process', keyed: false, stateful: true, operatorStates: states })
})

it('keeps the keys of the other side', () => {
  const { env, numbers, rules } = start()
  const connected = numbers.keyBy((n) => n).connect(rules.broadcast(states))
  expect(connected).toBeInstanceOf(KeyedBroadcastConnectedStream)
  connected.process({ ...nothing, state: { count: valueState(0) }, timer() {} })
  const { inputs, operator } = last(env)
  expect(inputs.map(({ partitioning: { type } }) => type)).toEqual(['hash', 'broadcast'])
  expect(operator).toMatchObject({ kind: 'keyed-broadcast-process', keyed: true, broadcastInput: true })
  expect(Object.keys((operator as OperatorFactory).states!)).toEqual(['count'])
})

it('is an ordinary stream without states, and keeps none with none', () => {
  const { env, numbers, rules } = start()
  expect(rules.broadcast()).toBeInstanceOf(DataStream)
  expect(rules.broadcast({})).toBeInstanceOf(BroadcastStream)
  numbers.connect(rules.broadcast({})).process(nothing)
  expect(last(env).operator.stateful).toBe(false)
})

it('refuses other state, another environment and half a definition', () => {
  const { numbers, rules } = start()
  expect(failure(() => rules.broadcast({ list: operatorListState() } as never)).message).toContain(
    'broadcast was given a state "list"',
  )
  const broadcast = rules.broadcast(states)
  const elsewhere = start().numbers
  const another = 'connect was given a stream of another environment'
  expect(failure(() => elsewhere.connect(broadcast)).message).toContain(another)
  expect(failure(() => elsewhere.keyBy((n) => n).connect(broadcast)).message).toContain(another)
  const half = { element() {} } as never
  expect(failure(() => numbers.connect(broadcast).process(half)).message).toContain('broadcastElement is undefined')
  const keyed = numbers.keyBy((n) => n).connect(broadcast)
  expect(failure(() => keyed.process(half)).message).toContain('broadcastElement is undefined')
})
