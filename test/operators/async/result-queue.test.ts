import { expect, it } from 'vitest'
import { ResultQueue } from '../../../src/operators/async/result-queue.ts'

/** Records are named by their value; a mark shows as its watermark, or as idle or active. */
function make(ordered: boolean) {
  const left: unknown[] = []
  const queue = new ResultQueue(ordered, {
    result: (value) => void left.push(value),
    mark: ({ watermark, idle }) => void left.push(...[watermark, idle].filter((part) => part !== undefined)),
  })
  const add = (...names: string[]) => names.map((name) => queue.add(name, undefined))
  const finish = (...entries: ReturnType<typeof add>) => {
    for (const entry of entries) queue.finish(entry, String(entry.value).toUpperCase())
    queue.release()
  }
  const waiting = () => Array.from(queue.entries, ({ value }) => value)
  return { queue, left, add, finish, waiting }
}

it('lets ordered results leave in the order of their records', () => {
  const { left, add, finish, waiting } = make(true)
  const [a, b, c] = add('a', 'b', 'c')
  finish(c!, b!)
  expect(left).toEqual([])
  finish(a!)
  expect([left, waiting()]).toEqual([['A', 'B', 'C'], []])
})

it('lets unordered results leave as they come', () => {
  const { left, add, finish, waiting } = make(false)
  const [a, b, c] = add('a', 'b', 'c')
  finish(c!)
  finish(a!)
  expect([left, waiting()]).toEqual([['C', 'A'], ['b']])
  finish(b!)
  expect(left).toEqual(['C', 'A', 'B'])
})

it.each([true, false])('lets no result pass a watermark, in either direction (ordered: %s)', (ordered) => {
  const { queue, left, add, finish } = make(ordered)
  const [a, b] = add('a', 'b')
  queue.mark({ watermark: 10 })
  const [c] = add('c')
  queue.mark({ watermark: 20 })
  finish(c!)
  finish(a!)
  expect(left).toEqual(['A'])
  finish(b!)
  expect(left).toEqual(['A', 'B', 10, 'C', 20])
})

it('hands a mark on at once when nothing is before it', () => {
  const { queue, left, add, finish } = make(true)
  queue.mark({ watermark: 1 })
  const [a] = add('a')
  finish(a!)
  queue.mark({ idle: true })
  expect(left).toEqual([1, 'A', true])
})

it('makes one of marks with no record between them, so that time alone takes no room', () => {
  const { queue, left, add, finish } = make(false)
  const [a] = add('a')
  queue.mark({ watermark: 1 })
  queue.mark({ idle: true })
  queue.mark({ watermark: 3, idle: false })
  expect(left).toEqual([])
  finish(a!)
  expect(left).toEqual(['A', 3, false])
})
