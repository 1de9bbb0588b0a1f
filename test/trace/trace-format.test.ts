/** What a trace may look like. */
import { describe, expect, it } from 'vitest'
import { printTrace, readTrace, type Trace } from '../../src/trace/trace-format.ts'

const trace: Trace = {
  header: { kind: 'trace', v: 1, job: 'shop', level: 1 },
  records: [
    { i: 1, k: 'timer', a: 'buyer', e: { type: 'timer.fired' } },
    { i: 3, k: 'deliver', a: 'bank', ch: 'buyer>bank#0', cs: 1, o: [['bank>buyer#0', 1, 'paid']] },
  ],
}

describe('a trace', () => {
  it('is read as it was written', () => {
    expect(readTrace(printTrace(trace))).toEqual(trace)
  })

  it('may end in the middle of a line', () => {
    expect(readTrace(printTrace(trace).slice(0, -9)).records).toEqual(trace.records.slice(0, 1))
  })

  it.each([
    ['', 'Line 1 of the trace cannot be read: there is no header.'],
    ['{"kind":"log"}\n', 'Line 1 of the trace cannot be read: expected a header with kind "trace".'],
    ['{"kind":"trace","v":1}\n', 'Line 1 of the trace cannot be read: expected the name of a job.'],
    ['{"kind":"trace","v":1,"job":"a"}\n{\n', 'Line 2 of the trace cannot be read: it is not JSON.'],
    ['{"kind":"trace","v":1,"job":"a"}\n[]\n', 'Line 2 of the trace cannot be read: it is not an object.'],
    [
      '{"kind":"trace","v":1,"job":"a"}\n{"i":0,"k":"end"}\n',
      'Line 2 of the trace cannot be read: expected an `i` above 0, got 0.',
    ],
    [
      '{"kind":"trace","v":1,"job":"a"}\n{"i":1,"k":"no"}\n',
      'Line 2 of the trace cannot be read: there is no kind "no".',
    ],
  ])('is refused when it is %j', (text, message) => {
    expect(() => readTrace(text)).toThrow(message)
  })

  it('of another version is refused with its number', () => {
    expect(() => readTrace('{"kind":"trace","v":2,"job":"a"}\n')).toThrow(
      'The trace is of version 2, but this build reads 1.',
    )
  })
})
