import { describe, expect, it } from 'vitest'
import { RemovalLog } from '../../src/backends/removal-log.ts'

describe('the log of removed keys', () => {
  it('gives what was removed after an epoch, and does not change what it gave', () => {
    const log = new RemovalLog(4)
    log.add('a', 100)
    log.begin(5)
    log.add('b', 100)
    const given = log.since(4)
    log.begin(6)
    log.add('c', 100)
    expect([given, log.since(3), log.since(4), log.since(5)]).toEqual([
      [['b']],
      [['a'], ['b'], ['c']],
      [['b'], ['c']],
      [['c']],
    ])
    expect([log.reaches(-1), log.reaches(5)]).toEqual([true, true])
  })

  it('forgets what nobody will ask for', () => {
    const log = new RemovalLog(0)
    for (let epoch = 1; epoch < 4; epoch++) {
      log.add(`in ${epoch - 1}`, 100)
      log.begin(epoch)
    }
    log.forget(1)
    expect([log.reaches(0), log.reaches(1), log.since(1).flat()]).toEqual([false, true, ['in 2']])
    log.forget(7)
    log.add('now', 100)
    expect(log.since(2).flat()).toEqual([])
  })

  it('gives up when more keys are gone than the table holds', () => {
    const log = new RemovalLog(0)
    log.begin(1)
    for (let key = 0; key <= 10_000; key++) log.add(key, 20)
    expect([log.reaches(0), log.reaches(1)]).toEqual([false, true])
    log.add('lost', 20)
    log.begin(2)
    log.add('kept', 20)
    expect(log.since(1).flat()).toEqual(['kept'])
    for (let key = 0; key < 20_000; key++) log.add(key, 20_002)
    expect(log.reaches(1)).toBe(true)
  })
})
