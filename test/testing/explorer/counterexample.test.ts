/** Counterexamples as a list, a diagram, a trace and a test. */
import { describe, expect, it } from 'vitest'
import { counterexampleMermaid } from '../../../src/testing/explorer/counterexample-mermaid.ts'
import { counterexampleTest, printCounterexample } from '../../../src/testing/explorer/counterexample-text.ts'
import { counterexampleTrace } from '../../../src/testing/explorer/counterexample-trace.ts'
import { explore } from '../../../src/testing/explorer/explore.ts'
import { type Replay, replay, replayCounterexample } from '../../../src/testing/explorer/replay.ts'
import { describeChange, shortText, stateLabel } from '../../../src/testing/explorer/state-change.ts'
import type { SystemModel } from '../../../src/testing/explorer/system.ts'
import { readTrace } from '../../../src/trace/trace-format.ts'
import { bothCount, lostUpdate } from './lost-update.ts'

const found = (): Replay => replayCounterexample(lostUpdate(), bothCount, explore(lostUpdate(), bothCount).violation!)

/** Everything that can go wrong on the way, and names that Mermaid does not like. */
const rough: SystemModel = {
  name: 'rough',
  actors: {
    end: {
      start: {
        state: 0,
        outputs: ['a', 'b', 'c'].map((type) => ({ type: 'send', to: 'x; y', message: { type } }) as const),
      },
      receive: (state) => ({ state, outputs: [] }),
    },
    'x; y': {
      start: { state: 0, outputs: [] },
      receive: (state) => ({
        state: (state as number) + 1,
        outputs: [{ type: 'send', to: 'end', message: { type: 'end' }, immediate: true }],
      }),
    },
  },
  budgets: { harm: 3 },
  loses: () => 'harm',
  repeats: () => 'harm',
  faults: [{ name: 'crash', spends: 'harm', restarts: ['x; y'], facts: [{ type: 'crashed' }] }],
}
const roughPath = ['repeat end → x; y: a', 'lose end → x; y: a', 'end → x; y: b', 'fault crash', 'end → x; y: c']

describe('printCounterexample', () => {
  it('numbers the choices and says what changed', () => {
    const lines = printCounterexample(found()).split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'lost update: both have counted: it is 1',
      '1. timer anna begin',
      '     anna: step: idle → reading',
      '2. anna → register: read',
    ])
  })

  it('names the cause of moves that were not chosen', () => {
    expect(printCounterexample(replay(rough, [], roughPath))).toContain('     end (end from x; y): stays as it is\n')
  })

  it('describes changes in few words', () => {
    expect(describeChange({ a: 1, b: { c: 'x' } }, { a: 1, b: { c: 'y' } })).toBe('b.c: x → y')
    expect(describeChange({ a: 1 }, { a: 1 })).toBeUndefined()
    expect(shortText('a'.repeat(100))).toHaveLength(60)
    expect(stateLabel({ value: 'idle', context: {} })).toBe('idle')
  })
})

describe('counterexampleMermaid', () => {
  it('draws messages where they are received', () => {
    expect(counterexampleMermaid(found()).split('\n').slice(0, 6)).toEqual([
      'sequenceDiagram',
      '  participant p0 as anna',
      '  participant p1 as ben',
      '  participant p2 as register',
      '  p0->>p0: timer begin',
      '  p0->>p2: read',
    ])
  })

  it('never has a bare end, nor a separator in a name', () => {
    const text = counterexampleMermaid(replay(rough, [], roughPath))
    expect(text).toContain('participant p0 as (end)\n')
    expect(text).toContain('participant p1 as x#59; y\n')
    expect(text).toContain('p0-xp1: a is lost\n')
    expect(text).toContain('p0->>p1: a again\n')
    expect(text).toContain('Note over p0,p1: fault crash\n')
    expect(text.replaceAll('(end)', '')).not.toMatch(/\bend\b/i)
  })

  it('leaves out the first steps when it is too long', () => {
    const once = found()
    const long = counterexampleMermaid({ ...once, steps: Array.from({ length: 500 }, () => once.steps).flat() })
    expect(long.length).toBeLessThan(50_000)
    expect(long).toMatch(/Note over p0,p2: \d+ steps before this are left out/)
    expect(long).toContain('both have counted: it is 1')
  })
})

describe('counterexampleTrace', () => {
  it('is a trace: every message with its place in its channel', () => {
    const { header, records } = readTrace(counterexampleTrace(replay(rough, [], roughPath)))
    expect(header).toMatchObject({ job: 'rough', level: 2, topology: [{ addr: 'end' }, { addr: 'x; y' }] })
    const brief = records.map(({ i, k, a, cs, c }) => [i, k, a, cs, c])
    expect(brief).toEqual([
      [1, 'spawn', 'end', undefined, undefined],
      [2, 'spawn', 'x; y', undefined, undefined],
      [3, 'deliver', 'x; y', 1, undefined],
      [4, 'deliver', 'end', undefined, 3],
      [5, 'fault', undefined, 1, undefined],
      [6, 'deliver', 'x; y', 2, undefined],
      [7, 'deliver', 'end', undefined, 6],
      [8, 'fault', undefined, undefined, undefined],
      [9, 'spawn', 'x; y', undefined, 8],
      [10, 'deliver', 'x; y', 3, undefined],
      [11, 'deliver', 'end', undefined, 10],
    ])
    expect(records[2]).toMatchObject({ ch: 'end>x; y#0', m: 'end>x; y#0@1', from: 0, to: 1, o: [['call', 'end']] })
    expect(records[0]?.h).toMatch(/^[0-9a-f]{16}$/)
  })

  it('says what is violated', () => {
    const { header, records } = readTrace(counterexampleTrace(found()))
    expect(header.violation).toEqual({ property: 'both have counted', message: 'it is 1' })
    expect(records[3]).toMatchObject({ k: 'timer', a: 'anna', o: [['anna>register#0', 1, 'read']] })
  })
})

describe('counterexampleTest', () => {
  it('is a test that fails as long as the fault is there', () => {
    const body = counterexampleTest(found())
    expect(body.startsWith(`it('keeps: both have counted', () => {\n  const path = [\n    'timer anna begin',\n`)).toBe(
      true,
    )
    const run = new Function('it', 'expect', 'replay', 'system', 'properties', body)
    const attempt = (system: SystemModel) => {
      let value: unknown
      const expectation = (got: unknown) => ({ toBeUndefined: () => (value = got) })
      run((_: string, test: () => void) => test(), expectation, replay, system, bothCount)
      return value
    }
    expect(attempt(lostUpdate())).toMatchObject({ property: 'both have counted' })
    expect(attempt(lostUpdate(true))).toBeUndefined()
  })
})
