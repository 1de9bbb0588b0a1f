import { describe, expect, it } from 'vitest'
import { warningsOf } from '../../src/graph/uid-warnings.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import { graphOf, sink, source } from '../program/stub-endpoints.ts'

const same = (value: number) => value

describe('warnings', () => {
  it('give the name, the generated id and the line to paste, for stateful operators only', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source()).uid('numbers').map(same).keyBy(same).reduce(Math.max).name('count').sinkTo(sink())
    const { vertices, warnings } = graphOf(env)
    const id = vertices[1]!.id
    expect(warnings).toEqual([
      `Operator 'count' (reduce) keeps state but has no uid. Its generated id ${id} may change with the program, ` +
        "and a savepoint would then not match. Add to it: .uid('count')",
    ])
  })

  it('come in program order, and are none when every stateful operator has a uid', () => {
    const env = StreamEnvironment.create()
    const numbers = env.fromSource(source('a'))
    const max = numbers.keyBy(same).reduce(Math.max).name('b')
    env.fromSource(source('c')).sinkTo(sink('d'))
    max.sinkTo(sink('e', true))
    const lines = graphOf(env).warnings.map((warning) => /\.uid\(.*\)/.exec(warning)?.[0])
    expect(lines).toEqual([".uid('a')", ".uid('b')", ".uid('c')", ".uid('e')"])
  })

  it('suggest uids that are free and plain', () => {
    const env = StreamEnvironment.create()
    const numbers = env.fromSource(source()).uid('max')
    for (const name of ['Max!', 'max', "  it's   ", 'Größe', '→']) {
      numbers.keyBy(same).reduce(Math.max).name(name).sinkTo(sink())
    }
    const lines = graphOf(env).warnings.map((warning) => /\.uid\('(.*)'\)/.exec(warning)?.[1])
    expect(lines).toEqual(['max-2', 'max-3', 'it-s', 'größe', 'operator'])
  })

  it('name a source that nobody reads', () => {
    const env = StreamEnvironment.create()
    env.fromSource(source('unused'))
    env.fromSource(source()).uid('numbers').sinkTo(sink())
    expect(graphOf(env).warnings).toEqual(["Source 'unused' (node 1) is read by nothing, so it was left out."])
  })

  it('are none for nothing', () => {
    expect(warningsOf([], [])).toEqual([])
  })
})
