/** Every callback of a process function may put records aside; those of windows and joins are tested beside them. */
import { expect, it } from 'vitest'
import { outputTag } from '../../src/operators/output-tag.ts'
import { keyedProcessOperator, processOperator } from '../../src/operators/process.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { coProcessOperator, keyedCoProcessOperator } from '../../src/operators/two-input.ts'
import { OperatorHarness, type OperatorHarnessOptions } from '../../src/testing/operator-harness.ts'

const aside = outputTag<string>('aside')
interface Context {
  sideOutput(tag: typeof aside, value: string): void
}
const says = (what: string) => (ctx: Context) => ctx.sideOutput(aside, what)
const options: OperatorHarnessOptions = { sideOutputs: [aside], key: () => 'k' }

interface Ticking extends Context {
  readonly timeDomain: string | undefined
  readonly timers: { registerEventTime(atMs: number): void; registerProcessingTime(atMs: number): void }
  readonly state: { seen: { update(n: number): void } }
}
const keyed = (element: string) => (_value: unknown, ctx: Ticking) => {
  ctx.state.seen.update(1)
  ctx.timers.registerEventTime(5)
  ctx.timers.registerProcessingTime(5)
  says(element)(ctx)
}
const timer = (_timestamp: number, ctx: Ticking) => says(`${ctx.timeDomain}`)(ctx)
const state = { seen: valueState(0) }

it.each([
  [
    'process',
    processOperator({ open: says('open'), element: (_value, ctx) => says('element')(ctx), endOfData: says('end') }),
    ['open', 'element', 'end'],
  ],
  [
    'keyed process',
    keyedProcessOperator({
      state,
      open: says('open'),
      element: keyed('element'),
      timer,
      endOfKey: says('end of key'),
      endOfData: says('end'),
    }),
    ['open', 'element', 'event-time', 'processing-time', 'end of key', 'end'],
  ],
  [
    'co-process',
    coProcessOperator({
      open: says('open'),
      element1: (_value, ctx) => says('first')(ctx),
      element2: (_value, ctx) => says('second')(ctx),
      endOfData: says('end'),
    }),
    ['open', 'first', 'second', 'end'],
  ],
  [
    'keyed co-process',
    keyedCoProcessOperator({
      state,
      open: says('open'),
      element1: keyed('first'),
      element2: keyed('second'),
      timer,
      endOfData: says('end'),
    }),
    ['open', 'first', 'second', 'event-time', 'processing-time', 'end'],
  ],
])('%s', async (_name, operator, expected) => {
  const harness = new OperatorHarness(operator, options)
  harness.element('x', 1)
  if (operator.inputCount === 2) harness.element2('y', 1)
  harness.watermark(5)
  if (operator.inputCount === 2) harness.watermark(5, 1)
  harness.advance(5)
  await harness.endOfData()
  expect([harness.side(aside).values, harness.values]).toEqual([expected, []])
})
