import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { deferredSink } from '../../src/connectors/deferred-sink.ts'
import { print } from '../../src/connectors/print.ts'
import { toArray } from '../../src/connectors/to-array.ts'
import { toSubject } from '../../src/connectors/to-subject.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import { failure } from '../operators/chain-harness.ts'
import { ck, codeOf, dealtOut, jobOf, stored, testContext } from './endpoint-harness.ts'

describe('toArray', () => {
  it('appends when the checkpoint that covers the records completes', () => {
    const seen: number[] = []
    const writer = toArray(seen).createWriter(testContext(), undefined)
    writer.write([1, 2])
    writer.snapshot(ck(1), 'checkpoint')
    writer.write([3])
    expect(seen).toEqual([])
    void writer.notifyCompleted(ck(1))
    expect(seen).toEqual([1, 2])
  })

  it('appends at once when asked to, and without checkpoints', () => {
    const seen: number[] = []
    toArray(seen, { immediate: true }).createWriter(testContext(), undefined).write([1])
    toArray(seen)
      .createWriter(testContext({ checkpointing: false }), undefined)
      .write([2])
    expect(seen).toEqual([1, 2])
    expect(toArray(seen).stateful).toBe(true)
    expect(toArray(seen, { immediate: true }).stateful).toBe(false)
  })

  it.each([
    ['at once', { immediate: true }, true],
    ['without checkpoints', {}, false],
  ])(
    'hands over what a restored state owes, once, also where new records are appended %s',
    (_, options, checkpointing) => {
      const before = toArray<number>([]).createWriter(testContext(), undefined)
      before.write([1, 2])
      const { state } = before.snapshot(ck(1), 'stop-suspend')
      const seen: number[] = []
      const sink = toArray(seen, options)
      for (const value of [3, 4]) sink.createWriter(testContext({ checkpointing }), stored(state)).write([value])
      expect(seen).toEqual([1, 2, 3, 4])
    },
  )

  it('appends nothing for a savepoint that the job goes on after', () => {
    const seen: number[] = []
    const writer = toArray(seen).createWriter(testContext(), undefined)
    writer.write([1])
    writer.snapshot(ck(1), 'savepoint')
    void writer.notifyCompleted(ck(1))
    expect(seen).toEqual([])
    writer.snapshot(ck(2), 'checkpoint')
    void writer.notifyCompleted(ck(2))
    expect(seen).toEqual([1])
  })

  it('does not take what followed a fall back for what the savepoint before it covers: nothing is lost', () => {
    const seen: number[] = []
    const sink = toArray(seen)
    const first = sink.createWriter(testContext(), undefined)
    first.write([1, 2])
    const { state } = first.snapshot(ck(1), 'savepoint')
    void first.notifyCompleted(ck(1))
    const again = sink.createWriter(testContext({ attempt: 1 }), undefined)
    again.write([1])
    again.snapshot(ck(2), 'checkpoint')
    void again.notifyCompleted(ck(2))
    sink.createWriter(testContext({ jobId: jobOf('c') }), stored(state))
    expect(seen).toEqual([1, 1, 2])
  })

  it('starts anew for another job made of the same sink', () => {
    const seen: number[] = []
    const sink = toArray(seen)
    for (const digit of ['1', '2']) {
      const writer = sink.createWriter(testContext({ jobId: jobOf(digit) }), undefined)
      writer.write([7])
      writer.snapshot(ck(1), 'checkpoint')
      void writer.notifyCompleted(ck(1))
    }
    expect(seen).toEqual([7, 7])
  })

  it('hands over a restored state once, to however many jobs it is restored', () => {
    const seen: number[] = []
    const sink = toArray(seen)
    const writer = sink.createWriter(testContext(), undefined)
    writer.write([1])
    const { state } = writer.snapshot(ck(1), 'savepoint')
    for (const digit of ['1', '2']) {
      const resumed = sink.createWriter(testContext({ jobId: jobOf(digit) }), stored(state))
      resumed.write([2])
      resumed.snapshot(ck(2), 'checkpoint')
      void resumed.notifyCompleted(ck(2))
    }
    expect(seen).toEqual([1, 2, 2])
  })

  it('hands over once, and in its order, what several writers left, whoever inherits it', () => {
    const seen: number[] = []
    const sink = toArray(seen)
    const states = [0, 1, 2].map((subtaskIndex) => {
      const writer = sink.createWriter(testContext({ parallelism: 3, subtaskIndex }), undefined)
      for (const checkpoint of [1, 2]) {
        writer.write([subtaskIndex * 10 + checkpoint])
        writer.snapshot(ck(checkpoint), 'checkpoint')
      }
      const { state } = writer.snapshot(ck(3), 'checkpoint')
      // The notification that the first checkpoint was completed reached one of them only.
      if (subtaskIndex === 1) void writer.notifyCompleted(ck(1))
      return state
    })
    for (const attempt of [1, 2]) {
      for (const [subtaskIndex, restored] of dealtOut(states, 2).entries()) {
        sink.createWriter(testContext({ parallelism: 2, subtaskIndex, attempt }), restored)
      }
    }
    const of = (subtask: number) => seen.filter((value) => Math.floor(value / 10) === subtask)
    expect([of(0), of(1), of(2)]).toEqual([
      [1, 2],
      [11, 12],
      [21, 22],
    ])
  })

  it('goes on from state that was written before it could be divided', () => {
    const seen: number[] = []
    const sink = toArray(seen)
    const portion = (sequence: number, writer = 'old') => ({ writer, sequence, values: [sequence] })
    const state = { format: 1, sequence: 3, portions: [portion(0, 'older'), portion(1), portion(2)] }
    sink.createWriter(testContext(), state)
    sink.createWriter(testContext({ attempt: 1 }), state)
    expect(seen).toEqual([0, 1, 2])
  })

  it('makes up for a lost notification after a restart', () => {
    const seen: number[] = []
    const sink = toArray(seen)
    let state: unknown
    for (const value of [1, 2]) {
      const writer = sink.createWriter(testContext({ attempt: value }), state)
      writer.write([value])
      state = stored(writer.snapshot(ck(value), 'checkpoint').state)
      if (value === 1) void writer.notifyCompleted(ck(1))
    }
    sink.createWriter(testContext({ attempt: 3 }), state)
    expect(seen).toEqual([1, 2])
  })

  it.each([
    ['x'],
    [{ format: 2 }],
    [{ format: 1, sequence: 0 }],
    [{ format: 1, portions: [null] }],
    [[null]],
    [[{ writer: 'w', portions: [{ sequence: 0 }] }]],
    [[{ writer: 1, portions: [] }]],
  ])('refuses the state %j', async (state) => {
    const restored = Array.isArray(state) ? new DividedState({ waiting: { mode: 'split', items: state } }) : state
    const { code } = await codeOf(() => toArray([]).createWriter(testContext(), restored))
    expect(code).toBe('RESTORE_STATE_INCOMPATIBLE')
  })
})

const action = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'write' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('snapshot' as const),
      kind: fc.constantFrom<SnapshotKind>('checkpoint', 'checkpoint', 'savepoint'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('complete' as const), notify: fc.boolean(), which: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
)

it('delivers every record exactly once, in order, over restarts and lost notifications', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40, size: 'max' }), (actions) => {
      const seen: number[] = []
      const sink = deferredSink<number>('test', (values) => void seen.push(...values), {})
      let attempt = 0
      const open = (state: unknown) =>
        sink.createWriter(testContext({ attempt: attempt++ }), state === undefined ? state : stored(state))
      let writer = open(undefined)
      let next = 0
      let id = 0
      let taken: { id: number; kind: SnapshotKind; state: unknown; next: number }[] = []
      let last: { id: number; state: unknown; next: number } = { id: 0, state: undefined, next: 0 }
      let due = 0
      for (const act of actions) {
        if (act.type === 'write') writer.write([next++])
        else if (act.type === 'snapshot') {
          id += 1
          taken.push({ id, kind: act.kind, state: writer.snapshot(ck(id), act.kind).state, next })
        } else if (act.type === 'complete') {
          const [done] = taken.splice(act.which % Math.max(1, taken.length), 1)
          if (done === undefined) continue
          if (done.kind !== 'savepoint') {
            taken = taken.filter((each) => each.id > done.id)
            last = done
            if (act.notify) due = done.next
          }
          if (act.notify) void writer.notifyCompleted(ck(done.id))
        } else {
          writer = open(last.state)
          next = last.next
          due = last.next
          taken = []
        }
        expect(seen).toEqual(Array.from({ length: due }, (_, i) => i))
      }
    }),
    { numRuns: 300 },
  )
})

it('toSubject emits under the same rules', () => {
  const subject = new Subject<number>()
  const seen: number[] = []
  subject.subscribe((value) => seen.push(value))
  const writer = toSubject(subject).createWriter(testContext(), undefined)
  writer.write([1])
  expect(seen).toEqual([])
  writer.snapshot(ck(1), 'checkpoint')
  void writer.notifyCompleted(ck(1))
  toSubject(subject, { immediate: true }).createWriter(testContext(), undefined).write([2])
  expect(seen).toEqual([1, 2])
})

describe('print', () => {
  const printed = (prefix: string | undefined, values: unknown[], parallelism = 1, subtaskIndex = 0) => {
    const texts: string[] = []
    const to = { write: (text: string) => texts.push(text) }
    print(prefix, { to }).createWriter(testContext({ parallelism, subtaskIndex }), undefined).write(values)
    return texts
  }

  it('writes one line for each record, in one write for a batch', () => {
    expect(printed(undefined, ['a', { b: [1] }])).toEqual(['a\n{ b: [ 1 ] }\n'])
  })

  it('begins lines with the prefix and the number of the subtask', () => {
    expect(printed('words', ['a'])).toEqual(['words> a\n'])
    expect(printed('words', ['a'], 2, 1)).toEqual(['words:2> a\n'])
    expect(printed(undefined, ['a'], 2, 0)).toEqual(['1> a\n'])
  })

  it.each(['write', 'endOfData'] as const)('fails the job when its reader has left: %s', (call) => {
    const texts: string[] = []
    const closed = new EventEmitter()
    const to = { write: (text: string) => texts.push(text), on: closed.on.bind(closed) }
    const writers = [0, 1].map(() => print('', { to }).createWriter(testContext(), undefined))
    writers[0]!.write(['a'])
    closed.emit('error', new Error('write EPIPE'))
    for (const writer of writers) {
      expect(failure(() => (call === 'write' ? writer.write(['b']) : writer.endOfData()))).toMatchObject({
        code: 'SINK_FAILED',
        restartable: false,
        message: 'What print writes is not read any more: write EPIPE.',
      })
    }
    expect([texts, closed.listenerCount('error')]).toEqual([['a\n'], 1])
  })
})
