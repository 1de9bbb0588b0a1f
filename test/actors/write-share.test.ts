import { describe, expect, it } from 'vitest'
import { WriteShare } from '../../src/actors/write-share.ts'

/** What happens in so many turns, as letters: w a slice, m a move, - nothing to move. */
function turns(count: number, sliceMs: number, moveMs: number, hasRecords: (turn: number) => boolean): string {
  let nowMs = 0
  let story = ''
  const share = new WriteShare(() => nowMs)
  for (let turn = 0; turn < count; turn++) {
    share.turn(
      true,
      () => {
        story += 'w'
        nowMs += sliceMs
      },
      () => {
        const moved = hasRecords(turn)
        story += moved ? 'm' : '-'
        nowMs += moved ? moveMs : 0
        return moved
      },
    )
  }
  return story
}

const timesIn = (story: string, letter: string): number => story.split(letter).length - 1

describe('the time of a subtask that writes a snapshot', () => {
  it('is shared in halves, whatever a slice and a batch take', () => {
    const cheap = turns(1_000, 2, 0.1, () => true)
    expect(timesIn(cheap, 'w') * 2).toBeCloseTo(timesIn(cheap, 'm') * 0.1, -1)
    const dear = turns(1_000, 2, 10, () => true)
    expect(Math.abs(timesIn(dear, 'w') * 2 - timesIn(dear, 'm') * 10)).toBeLessThanOrEqual(20)
    expect(dear.startsWith('wmwmwwwm')).toBe(true)
  })

  it('is all for the snapshot when there is nothing to move', () => {
    expect(turns(5, 2, 1, () => false)).toBe('w--w-w-w-w')
    expect(turns(6, 2, 1, (turn) => turn < 2)).toBe('wmmw--w-w-w')
  })

  it('is all for the records when nothing is written', () => {
    let story = ''
    const share = new WriteShare(() => 0)
    const turn = (writing: boolean) =>
      share.turn(
        writing,
        () => {
          story += 'w'
        },
        () => {
          story += 'm'
          return true
        },
      )
    for (const writing of [false, false, true, false]) turn(writing)
    expect(story).toBe('mmwmm')
  })

  it('alternates where no time goes by', () => {
    expect(turns(3, 0, 0, () => true)).toBe('wmwmwm')
  })
})
