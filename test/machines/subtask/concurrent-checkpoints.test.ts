/** Several checkpoints under way at once, through three rows of subtasks: each gets an answer, none ends by expiry only. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { start, step } from '../../../src/machines/step.ts'
import { subtaskMachine } from '../../../src/machines/subtask/machine.ts'
import type { SubtaskEffect, SubtaskEvent, SubtaskMachineInput } from '../../../src/machines/subtask/protocol.ts'
import { on } from './alphabet.ts'
import { base } from './rows.ts'

type Snapshot = ReturnType<typeof subtaskMachine.getInitialSnapshot>
type Mode = SubtaskMachineInput['mode']
interface Marker {
  readonly type: 'barrier' | 'cancel'
  readonly id: number
}

const width = 2
const rows = 3

class Subtask {
  snapshot: Snapshot
  readonly inputs: Marker[][]
  readonly mailbox: SubtaskEvent[] = []
  readonly blocked = new Set<number>()
  taking: number | undefined

  constructor(mode: Mode, row: number) {
    const channels = row === 0 ? 0 : width
    this.inputs = Array.from({ length: channels }, () => [])
    const input = { ...base, mode, channels }
    this.snapshot = start<typeof subtaskMachine, SubtaskEffect>(subtaskMachine, input).snapshot
  }
}

/** Sources, a middle row and sinks, each connected with each of the next row; messages of one sender keep their order. */
class Network {
  readonly subtasks: Subtask[]
  readonly persisted = new Map<number, number>()
  readonly givenUp = new Set<number>()
  readonly unexpected: string[] = []
  triggered = 0

  constructor(mode: Mode) {
    this.subtasks = Array.from({ length: rows * width }, (_, n) => new Subtask(mode, Math.floor(n / width)))
    for (const place of this.subtasks.keys()) this.#feed(place, on.deployed)
  }

  trigger(): void {
    this.triggered++
    for (const source of this.subtasks.slice(0, width)) source.mailbox.push(on.trigger(this.triggered))
  }

  abort(id: number): void {
    if (this.givenUp.has(id) || id > this.triggered) return
    this.givenUp.add(id)
    for (const { mailbox } of this.subtasks) mailbox.push(on.aborted(id))
  }

  /** Whatever this subtask can do next on this channel, or from its mailbox. False when there is nothing. */
  act(place: number, channel: number, fails: boolean): boolean {
    const subtask = this.subtasks[place]!
    const { taking, mailbox, inputs, blocked } = subtask
    if (taking !== undefined) {
      subtask.taking = undefined
      this.#feed(place, fails ? on.failed(taking) : on.taken(taking))
      return true
    }
    if (channel === width) {
      const event = mailbox.shift()
      if (event !== undefined) this.#feed(place, event)
      return event !== undefined
    }
    const marker = blocked.has(channel) ? undefined : inputs[channel]?.shift()
    if (marker === undefined) return false
    this.#feed(place, marker.type === 'barrier' ? on.barrier(channel, marker.id) : on.cancel(channel, marker.id))
    return true
  }

  settle(): void {
    const channels = Array.from({ length: width + 1 }, (_, channel) => channel)
    while (this.subtasks.some((_, place) => channels.some((channel) => this.act(place, channel, false))));
  }

  #feed(place: number, event: SubtaskEvent): void {
    const subtask = this.subtasks[place]!
    const next = step<typeof subtaskMachine, SubtaskEffect>(subtaskMachine, subtask.snapshot, event)
    subtask.snapshot = next.snapshot
    for (const effect of next.effects) this.#carryOut(place, effect)
  }

  #carryOut(place: number, effect: SubtaskEffect): void {
    const subtask = this.subtasks[place]!
    switch (effect.type) {
      case 'blockInput':
        subtask.blocked.add(effect.params.channel)
        return
      case 'unblockInputs':
        subtask.blocked.clear()
        return
      case 'takeSnapshot':
        subtask.taking = effect.params.checkpointId
        return
      case 'forwardBarrier':
      case 'forwardCancel': {
        const row = Math.floor(place / width) + 1
        const type = effect.type === 'forwardBarrier' ? 'barrier' : 'cancel'
        for (const below of this.subtasks.slice(row * width, (row + 1) * width)) {
          below.inputs[place % width]!.push({ type, id: effect.params.checkpointId })
        }
        return
      }
      case 'persistSnapshot': {
        const { checkpointId } = effect.params
        this.persisted.set(checkpointId, (this.persisted.get(checkpointId) ?? 0) + 1)
        return
      }
      case 'decline':
        this.abort(effect.params.checkpointId)
        return
      case 'report':
        this.unexpected.push(`${place}: ${effect.params.event}`)
        return
      default:
    }
  }
}

const move = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      place: fc.nat(rows * width - 1),
      channel: fc.nat(width),
      fails: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.constant('trigger' as const) },
  { weight: 1, arbitrary: fc.record({ aborts: fc.integer({ min: 1, max: 5 }) }) },
)

function run(mode: Mode, moves: readonly (typeof move extends fc.Arbitrary<infer T> ? T : never)[]): Network {
  const network = new Network(mode)
  for (const one of moves) {
    if (one === 'trigger') network.trigger()
    else if ('aborts' in one) network.abort(one.aborts)
    else network.act(one.place, one.channel, one.fails)
  }
  network.settle()
  return network
}

describe.each(['exactly-once', 'at-least-once'] as const)('several checkpoints at once, %s', (mode) => {
  it('each is taken by every subtask or given up by somebody, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 120, size: 'max' }), (moves) => {
        const network = run(mode, moves)
        for (let id = 1; id <= network.triggered; id++) {
          if (!network.givenUp.has(id)) expect([id, network.persisted.get(id)]).toEqual([id, rows * width])
        }
        expect(network.unexpected).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('the newer one is aborted in the middle before the older one has come everywhere', () => {
    const network = new Network(mode)
    const deliver = (place: number, channel: number) => expect(network.act(place, channel, false)).toBe(true)
    network.trigger()
    network.trigger()
    for (let turn = 0; turn < 4; turn++) deliver(0, width)
    deliver(2, 0)
    network.act(2, 0, false)
    network.abort(2)
    deliver(2, width)
    network.settle()
    expect([network.persisted.get(1), network.unexpected]).toEqual([rows * width, []])
  })
})
