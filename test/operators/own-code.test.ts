import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ownCode } from '../../src/operators/own-code.ts'

describe('code of its own', () => {
  it('is a function of one argument, strict', () => {
    expect(ownCode('job op', 'n', 'return n + 1')?.(1)).toBe(2)
    expect(() => ownCode('job op', 'n', 'undeclared = n')?.(1)).toThrow(ReferenceError)
    expect(() => ownCode('job op', 'n', 'return (')).toThrow(SyntaxError)
  })

  it('takes nothing of its owner for code', () => {
    const owner = 'a\nreturn 2\u2028return 3 */ return 4'
    expect(ownCode(owner, 'n', 'return n')?.(1)).toBe(1)
    expect(String(ownCode(owner, 'n', 'return n'))).toContain('// a_return 2_return 3 __ return 4\nreturn n')
  })

  it('is not made where code may not be generated, and programs run all the same', () => {
    const program = `
      import { ownCode } from './src/operators/own-code.ts'
      import { fromCollection, StreamEnvironment, toArray, valueState } from './src/index.ts'
      const env = StreamEnvironment.create({ parallelism: 2 })
      const [plain, counts] = [[], []]
      const numbers = env.fromSource(fromCollection([1, 2, 3])).uid('in')
      numbers.map((n) => n + 1).filter((n) => n > 2).map((n) => n * 2).sinkTo(toArray(plain)).uid('plain')
      const element = (n, ctx) => {
        ctx.state.count.update(ctx.state.count.value() + n)
        ctx.emit(ctx.state.count.value())
      }
      const counted = numbers.keyBy((n) => n % 2).process({ state: { count: valueState(0) }, element }).uid('count')
      counted.sinkTo(toArray(counts)).uid('counts')
      const { status } = await (await env.execute('plain')).done
      const sorted = (list) => list.toSorted((a, b) => a - b)
      const failing = StreamEnvironment.create({ restart: { strategy: 'none' } })
      const bad = (n) => { throw new Error('no ' + n) }
      const line = failing.fromSource(fromCollection([1])).map((n) => n).map(bad).name('bad').uid('bad')
      line.sinkTo(toArray([])).uid('out')
      const { error } = await (await failing.execute('failing')).done
      console.log(JSON.stringify([ownCode('', 'n', '') === undefined, status, sorted(plain), sorted(counts), error.message]))`
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const flags = [
      '--disallow-code-generation-from-strings',
      '--import',
      './bin/source-loader.js',
      '--input-type=module',
    ]
    expect(
      JSON.parse(
        execFileSync(process.execPath, [...flags, '-e', program], { cwd: root, encoding: 'utf8', stdio: 'pipe' }),
      ),
    ).toEqual([true, 'FINISHED', [6, 8], [1, 2, 4], expect.stringContaining('"bad" (uid "bad") failed: no 1')])
  })
})
