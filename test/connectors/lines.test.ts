import { appendFileSync, existsSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lines } from '../../src/connectors/lines.ts'
import { SplitQueue } from '../../src/connectors/split-queue.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import { limits } from '../../src/core/limits.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import { codeOf, dealtOut, drain, jobOf, readAll, stored, temporaryDirectory, testContext } from './endpoint-harness.ts'

function directoryWith(files: Record<string, string>): string {
  const cwd = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  return cwd
}

function linesOf(text: string): string[] {
  const all = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return all.at(-1) === '' ? all.slice(0, -1) : all
}

const subtasks = (parallelism: number) => Array.from({ length: parallelism }, (_, subtaskIndex) => subtaskIndex)

describe('lines', () => {
  it('reads every line of every file once, over any subtasks, ranges and restores', async () => {
    const piece = fc.constantFrom('\n', '\r\n', 'ab', 'é', '😀', 'line', '')
    const mark = fc.constantFrom('', '\uFEFF')
    const file = fc.tuple(mark, fc.array(piece, { maxLength: 20 })).map(([bom, pieces]) => bom + pieces.join(''))
    const shape = fc.record({
      files: fc.array(file, { minLength: 1, maxLength: 4 }),
      splitBytes: fc.integer({ min: 4, max: 30 }),
      parallelism: fc.integer({ min: 1, max: 3 }),
      cuts: fc.array(fc.nat(6), { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ files, splitBytes, parallelism, cuts }) => {
        const cwd = directoryWith(Object.fromEntries(files.map((text, i) => [`${i}.txt`, text])))
        const source = lines('*.txt', { splitBytes, cwd })
        const seen: string[] = []
        for (const subtaskIndex of subtasks(parallelism)) {
          let state: unknown
          for (const records of [...cuts, Number.POSITIVE_INFINITY]) {
            const context = testContext({ parallelism, subtaskIndex })
            const reader = source.createReader(context, state)
            seen.push(...(await drain(reader, context, { records, max: 3 })))
            state = stored(reader.snapshot())
            await reader.close()
          }
        }
        expect(seen.sort()).toEqual(files.flatMap(linesOf).sort())
      }),
      { numRuns: 60 },
    )
  })

  it('reads every line once, whoever reads it, through any changes of the parallelism', async () => {
    const piece = fc.constantFrom('\n', '\r\n', 'ab', 'é', '😀', 'line', '', '\uFEFF')
    const file = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''))
    const step = fc.record({
      parallelism: fc.integer({ min: 1, max: 4 }),
      records: fc.array(fc.nat(8), { minLength: 4, maxLength: 4 }),
      hands: fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
    })
    const shape = fc.record({
      files: fc.array(file, { minLength: 1, maxLength: 4 }),
      splitBytes: fc.integer({ min: 4, max: 30 }),
      steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ files, splitBytes, steps }) => {
        const cwd = directoryWith(Object.fromEntries(files.map((text, i) => [`${i}.txt`, text])))
        const source = lines('*.txt', { splitBytes, cwd })
        const seen: string[] = []
        let states: unknown[] | undefined
        for (const [run, { parallelism, records, hands }] of steps.entries()) {
          const restored = states && dealtOut(states, parallelism, (item) => hands[item % hands.length]!)
          states = []
          for (const subtaskIndex of subtasks(parallelism)) {
            const context = testContext({ parallelism, subtaskIndex })
            const reader = source.createReader(context, restored?.[subtaskIndex])
            const until = run === steps.length - 1 ? Number.POSITIVE_INFINITY : records[subtaskIndex]!
            seen.push(...(await drain(reader, context, { records: until, max: 3 })))
            states.push(reader.snapshot())
            await reader.close()
          }
        }
        expect(seen.sort()).toEqual(files.flatMap(linesOf).sort())
      }),
      { numRuns: 60 },
    )
  })

  it('goes on from state that was written before it could be divided', async () => {
    const cwd = directoryWith({ 'a.txt': '\uFEFFone\ntwo\n', 'b.txt': 'three' })
    const row = (name: string) => {
      const { size, mtimeMs } = statSync(join(cwd, name))
      return [join(cwd, name), size, mtimeMs, 0, size]
    }
    const whole = (index: number, offset: number | null) => ({
      format: 1,
      splits: JSON.stringify([row('a.txt'), row('b.txt')]),
      index,
      offset,
    })
    const source = lines('*.txt', { cwd })
    expect(await readAll(source, whole(0, null))).toEqual(['one', 'two', 'three'])
    expect(await readAll(source, whole(0, 3))).toEqual(['one', 'two', 'three'])
    expect(await readAll(source, whole(0, 7))).toEqual(['two', 'three'])
    expect(await readAll(source, whole(0, 11))).toEqual(['three'])
    expect(await readAll(source, whole(1, null))).toEqual(['three'])
    expect(await readAll(source, whole(2, null))).toEqual([])
  })

  it('keeps the order of one file', async () => {
    const cwd = directoryWith({ 'a.txt': 'one\ntwo\nthree\nfour\n' })
    expect(await readAll(lines('a.txt', { cwd, splitBytes: 5 }))).toEqual(['one', 'two', 'three', 'four'])
  })

  it('reads a line longer than a chunk', async () => {
    const long = 'é'.repeat(limits.fileChunkBytes)
    const cwd = directoryWith({ 'a.txt': `x\n${long}\ny` })
    expect(await readAll(lines('a.txt', { cwd }))).toEqual(['x', long, 'y'])
  })

  it('spreads the ranges of one large file over the subtasks', async () => {
    const text = Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join('')
    const source = lines('a.txt', { cwd: directoryWith({ 'a.txt': text }), splitBytes: 100 })
    const counts = await Promise.all(
      subtasks(4).map(async (subtaskIndex) => {
        const context = testContext({ parallelism: 4, subtaskIndex })
        return (await readAll(source, undefined, context)).length
      }),
    )
    expect(counts.reduce((a, b) => a + b)).toBe(100)
    for (const count of counts) expect(count).toBeGreaterThan(15)
  })

  it('gives every subtask of a job the same list, also when a file appears while the job starts', async () => {
    const cwd = directoryWith({ 'b.txt': 'b\n' })
    const source = lines('*.txt', { cwd })
    const first = await readAll(source, undefined, testContext({ parallelism: 2, subtaskIndex: 0 }))
    writeFileSync(join(cwd, 'a.txt'), 'a\n')
    const second = await readAll(source, undefined, testContext({ parallelism: 2, subtaskIndex: 1 }))
    expect([first, second]).toEqual([['b'], []])
    const other = testContext({ jobId: jobOf('c'), operatorId: 'd'.repeat(32) as OperatorId })
    expect(await readAll(source, undefined, other)).toEqual(['a', 'b'])
  })

  it('does not look for files again when it is restored', async () => {
    const cwd = directoryWith({ 'a.txt': 'one\ntwo\n' })
    const context = testContext()
    const reader = lines('*.txt', { cwd }).createReader(context, undefined)
    await drain(reader, context, { records: 1 })
    writeFileSync(join(cwd, 'b.txt'), 'new\n')
    expect(await readAll(lines('*.txt', { cwd }), stored(reader.snapshot()))).toEqual(['two'])
    await reader.close()
  })

  it('never blocks: the first poll finds nothing yet', async () => {
    const reader = lines('*', { cwd: directoryWith({ a: 'x\n' }) }).createReader(testContext(), undefined)
    expect(reader.poll(10)).toEqual({ type: 'waiting' })
    await reader.close()
  })
})

describe('lines, when files are not as they were', () => {
  const begun = async () => {
    const cwd = directoryWith({ 'a.txt': 'one\ntwo\n', 'b.txt': 'three\n' })
    const context = testContext()
    const reader = lines('*.txt', { cwd }).createReader(context, undefined)
    await drain(reader, context, { records: 1 })
    const state = stored(reader.snapshot())
    await reader.close()
    return { cwd, state, restore: () => readAll(lines('*.txt', { cwd }), state) }
  }

  it('fails at restore for a file that is gone, also one not begun yet', async () => {
    const { cwd, restore } = await begun()
    rmSync(join(cwd, 'b.txt'))
    const { code, message } = await codeOf(restore)
    expect(code).toBe('SOURCE_FILE_MISSING')
    expect(message).toContain(join(cwd, 'b.txt'))
  })

  it('fails at restore for a file that changed', async () => {
    const { cwd, restore } = await begun()
    appendFileSync(join(cwd, 'a.txt'), 'more\n')
    const { code, message } = await codeOf(restore)
    expect(code).toBe('SOURCE_FILE_CHANGED')
    expect(message).toMatch(/a\.txt .*expected 8 bytes.*got 13 bytes/)
  })

  it('does not mind the end of a file that it has read to its end', async () => {
    const cwd = directoryWith({ 'a.txt': 'one\n', 'b.txt': 'two\n' })
    const context = testContext()
    const reader = lines('*.txt', { cwd }).createReader(context, undefined)
    await drain(reader, context, { records: 1 })
    const state = stored(reader.snapshot())
    await reader.close()
    rmSync(join(cwd, 'a.txt'))
    expect(await readAll(lines('*.txt', { cwd }), state)).toEqual(['two'])
  })

  it('hands out the lines before an error first', async () => {
    const cwd = directoryWith({ 'a.txt': 'one\ntwo\n', 'b.txt': 'three\n' })
    const context = testContext()
    const source = lines('*.txt', { cwd })
    await readAll(source)
    rmSync(join(cwd, 'b.txt'))
    const reader = source.createReader(context, undefined)
    expect(await drain(reader, context, { records: 1 })).toEqual(['one'])
    // Gives the reader time to meet the missing file; the outcome is the same if it has not yet.
    for (let i = 0; i < 20; i++) await stat(cwd)
    expect(reader.poll(10)).toEqual({ type: 'records', values: ['two'] })
    expect((await codeOf(() => drain(reader, context))).code).toBe('SOURCE_FILE_MISSING')
    await reader.close()
  })

  it('refuses a state that names a file outside the directories of its patterns', async () => {
    const { cwd, state } = await begun()
    const naming = (path: string) => {
      const items = (state as DividedState).items('splits').map((item) => String(item).replaceAll(cwd, path))
      return new DividedState({ splits: { mode: 'split', items } })
    }
    const outside = naming('/etc')
    const { code, message } = await codeOf(() => readAll(lines('*.txt', { cwd }), outside))
    expect(code).toBe('PATH_OUTSIDE_ROOT')
    expect(message).toContain('/etc/a.txt')
    const climbing = naming(`${cwd}/../..`)
    expect((await codeOf(() => readAll(lines('*.txt', { cwd }), climbing))).code).toBe('PATH_OUTSIDE_ROOT')
  })

  it.each([
    [null],
    [{}],
    [{ format: 1, splits: '[[1]]', index: 0, offset: null }],
    [{ format: 1, splits: '{', index: 0 }],
    [[1]],
    [['[["/a",9,0,5,4]]']],
    [['[["/a",9,0,0,10]]']],
    [['[["/a",9,0,-1,4]]']],
  ])('refuses the state %j', async (state) => {
    const source = lines('*', { cwd: directoryWith({ a: 'x' }) })
    const restored = Array.isArray(state) ? new DividedState({ splits: { mode: 'split', items: state } }) : state
    expect((await codeOf(() => source.createReader(testContext(), restored))).code).toBe('RESTORE_STATE_INCOMPATIBLE')
  })
})

describe('lines, called wrongly', () => {
  it.each([0, 3, 5.5])('refuses splitBytes %d', async (splitBytes) => {
    expect((await codeOf(() => lines('*', { splitBytes }))).code).toBe('ARGUMENT_INVALID')
  })

  it.each([[[]], [''], [['!a']]])('refuses the patterns %j', async (patterns) => {
    expect((await codeOf(() => lines(patterns))).code).toBe('ARGUMENT_INVALID')
  })

  it('says which pattern matches nothing, when the job starts', async () => {
    const cwd = directoryWith({ 'a.txt': '' })
    expect((await codeOf(() => readAll(lines(['a.txt', '*.csv'], { cwd })))).code).toBe('SOURCE_NO_FILES')
    expect(await readAll(lines('a.txt', { cwd }))).toEqual([])
  })
})

/** On Linux, the files below `dir` that this process has open; nothing elsewhere. */
const openFilesBelow = (dir: string): string[] =>
  (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []).flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(dir) ? [path] : []
    } catch {
      return []
    }
  })

describe('SplitQueue', () => {
  it('closes while files are being read ahead', async () => {
    const cwd = directoryWith({ a: 'x\n'.repeat(1_000_000), b: 'y\n', c: 'z\n' })
    const context = testContext()
    const reader = lines('*', { cwd }).createReader(context, undefined)
    await drain(reader, context, { records: 5 })
    await reader.close()
    await reader.close()
    expect(openFilesBelow(cwd)).toEqual([])
  })

  it('ends at once when it has no split', async () => {
    const queue = new SplitQueue({ splits: [], operator: 'in', wake() {} })
    expect([queue.next(), queue.ready]).toEqual(['end', false])
    await queue.close()
  })
})
