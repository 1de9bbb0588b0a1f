/** The strings of events. Letters are slices of one long text, which costs less than to make a string letter by letter. */
import { Draws } from './draws.ts'

export const firstNames = [
  'Ada',
  'Bruno',
  'Clara',
  'Dario',
  'Edith',
  'Felix',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
  'Karla',
]
export const lastNames = ['Abbott', 'Becker', 'Castro', 'Dalton', 'Engel', 'Fischer', 'Garcia', 'Hansen', 'Ito']
export const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY']
export const cities = [
  'Tucson',
  'Mesa',
  'Fresno',
  'San Jose',
  'Nampa',
  'Salem',
  'Eugene',
  'Tacoma',
  'Spokane',
  'Casper',
]

export interface Channel {
  readonly channel: string
  readonly url: string
}

/** Half of all bids come through one of these. */
export const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple']
export const otherChannels = 10_000

const lettersLength = 2 ** 16
const letters = makeLetters()

/** So many letters from a to z; at most 1,000. */
export function lettersOf(draws: Draws, length: number): string {
  const start = draws.below(lettersLength - 1_000)
  return letters.slice(start, start + length)
}

/** Letters that fill a record of `size` up to `average`, a fifth of them more or less. */
export function padding(draws: Draws, average: number, size: number): string {
  const missing = average - size
  if (missing <= 0) return ''
  const spread = Math.round(missing * 0.2)
  return lettersOf(draws, missing - spread + draws.below(2 * spread + 1))
}

export const digits = (draws: Draws, length: number): string => String(draws.below(10 ** length)).padStart(length, '0')

/** The channels by their number, the hot ones first. A channel has the same URL in every bid. */
export function makeChannels(seed: number): readonly Channel[] {
  const draws = new Draws(seed)
  return Array.from({ length: hotChannels.length + otherChannels }, (_, number): Channel => {
    draws.begin(number)
    const path = Array.from({ length: 3 }, () => lettersOf(draws, 3 + draws.below(5))).join('/')
    const url = `https://www.nexmark.com/${path}/item.htm?query=1`
    const hot = hotChannels[number]
    if (hot !== undefined) return { channel: hot, url }
    const channel = `channel-${number - hotChannels.length}`
    return { channel, url: draws.below(10) === 0 ? url : `${url}&channel_id=${draws.below(2 ** 31)}` }
  })
}

function makeLetters(): string {
  const draws = new Draws(0)
  const codes = Array.from({ length: lettersLength }, () => 97 + draws.below(26))
  return codes.map((code) => String.fromCharCode(code)).join('')
}
