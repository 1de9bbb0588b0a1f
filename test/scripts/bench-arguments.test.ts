import { describe, expect, it } from 'vitest'
import { ArgumentError, readArguments } from '../../bench/arguments.ts'

describe('the words of the benchmarks', () => {
  it('have defaults', () => {
    expect(readArguments([])).toEqual({ size: 'small', runs: undefined, only: '', json: false, contender: undefined })
    expect(readArguments(['--size', 'full', '--runs', '5', '--only', 'join', '--json'])).toMatchObject({
      size: 'full',
      runs: 5,
      only: 'join',
      json: true,
    })
  })

  it.each([['--size', 'huge'], ['--size', 'toString'], ['--runs', '0'], ['--runs', '1.5'], ['--what'], ['word']])(
    'are refused in a sentence: %s %s',
    (...words) => {
      expect(() => readArguments(words.filter((word) => word !== undefined))).toThrow(ArgumentError)
    },
  )
})
