import { describe, expect, it } from 'vitest'
import { SlotImages, slotsPerPage } from '../../src/backends/slot-images.ts'

describe('images by slot', () => {
  it('are there once set, also those of nothing', () => {
    const images = new SlotImages()
    for (const slot of [0, 5, slotsPerPage - 1, slotsPerPage, 7_000_000]) images.set(slot, `k${slot}`, undefined)
    images.set(6, 'six', { six: 6 })
    expect([images.has(6), images.key(6), images.content(6)]).toEqual([true, 'six', { six: 6 }])
    expect([images.has(0), images.content(0), images.key(7_000_000)]).toEqual([true, undefined, 'k7000000'])
    expect([1, slotsPerPage + 1, 6_999_999].map((slot) => images.has(slot))).toEqual([false, false, false])
  })

  it('go page by page as the reader passes', () => {
    const images = new SlotImages()
    for (const slot of [3, slotsPerPage + 3, 2 * slotsPerPage + 3]) images.set(slot, slot, slot)
    images.passed(0)
    images.passed(slotsPerPage)
    images.passed(2 * slotsPerPage)
    expect([3, slotsPerPage + 3, 2 * slotsPerPage + 3].map((slot) => images.has(slot))).toEqual([false, false, true])
  })
})
