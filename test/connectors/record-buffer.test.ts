import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecordBuffer } from '../../src/connectors/record-buffer.ts'

it('behaves like a plain queue', () => {
  const action = fc.oneof(
    fc.constant({ type: 'push' as const }),
    fc.record({ type: fc.constant('take' as const), max: fc.integer({ min: 1, max: 5 }) }),
    fc.constant({ type: 'drop' as const }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60, size: 'max' }), (actions) => {
      const buffer = new RecordBuffer<number>()
      const model: number[] = []
      actions.forEach((act, i) => {
        if (act.type === 'push') {
          buffer.push(i)
          model.push(i)
        } else if (act.type === 'take') expect(buffer.take(act.max)).toEqual(model.splice(0, act.max))
        else if (model.length > 0) {
          buffer.dropOldest()
          model.shift()
        }
        expect(buffer.size).toBe(model.length)
      })
    }),
  )
})
