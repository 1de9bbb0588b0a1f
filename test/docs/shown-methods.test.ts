/** Every transformation, and every word about one, is shown in an example that the tests run. */
import { describe, expect, it } from 'vitest'
import * as broadcast from '../../src/program/broadcast-stream.ts'
import * as connected from '../../src/program/connected-streams.ts'
import { DataStream } from '../../src/program/data-stream.ts'
import { DataStreamSink } from '../../src/program/data-stream-sink.ts'
import * as intervals from '../../src/program/interval-join.ts'
import { KeyedStream } from '../../src/program/keyed-stream.ts'
import { SingleOutputStreamOperator } from '../../src/program/single-output-stream-operator.ts'
import { WindowedStream } from '../../src/program/windowed-stream.ts'
import { snippetsOf } from './snippets.ts'

const run = ['README.md', 'docs/programs.md', 'docs/datastream.md']
  .flatMap(snippetsOf)
  .filter(({ mode }) => mode !== 'check')
  .map(({ text }) => text)
  .join('\n')

/** Of the class and of those that it extends. */
function methodsOf({ prototype }: Class): string[] {
  const found: string[] = []
  for (let one = prototype; one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    found.push(...Object.getOwnPropertyNames(one).filter((name) => name !== 'constructor'))
  }
  return [...new Set(found)]
}

type Class = { readonly name: string; readonly prototype: object }
const isClass = (value: unknown): value is Class => typeof value === 'function' && /^class\b/.test(String(value))

const classes: readonly Class[] = [
  ...[DataStream, KeyedStream, SingleOutputStreamOperator, DataStreamSink, WindowedStream],
  ...[connected, intervals, broadcast].flatMap((module) => Object.values(module).filter(isClass)),
] as readonly Class[]

/** Not for programs. */
const inner = ['checkSameProgram']

describe('what a program can call', () => {
  it.each(classes.map((one) => [one.name, one] as const))('on %s is shown in an example that runs', (_, one) => {
    const missing = methodsOf(one).filter((name) => !inner.includes(name) && !run.includes(`.${name}(`))
    expect(missing).toEqual([])
  })
})
