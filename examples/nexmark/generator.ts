/**
 * Makes the events of Nexmark, the benchmark of an online auction house.
 *
 * Events are numbered, and event n depends on the options and n only, so that any number of subtasks makes the same
 * events, and a restarted job makes them again. README.md says where this departs from the original generator.
 */
import { StreamError } from 'tidemark'
import { Draws } from './draws.ts'
import type { Auction, Bid, Event, Person } from './model.ts'
import {
  type Channel,
  cities,
  digits,
  firstNames,
  hotChannels,
  lastNames,
  lettersOf,
  makeChannels,
  otherChannels,
  padding,
  states,
} from './texts.ts'

export interface NexmarkOptions {
  /** How many events. */
  readonly events: number
  /** Of event time: 10,000 when left out. */
  readonly ratePerSecond?: number
  /** An integer; 1 when left out. */
  readonly seed?: number
  /** Events come out of order within groups of so many; 1, in order, when left out. Not a multiple of 953. */
  readonly outOfOrderGroup?: number
  /** The number of the first event, 0 when left out. */
  readonly firstEventId?: number
  /** Event time of event 0; the beginning of 2026 when left out. */
  readonly baseTimeMs?: number
}

export const defaults = {
  ratePerSecond: 10_000,
  seed: 1,
  outOfOrderGroup: 1,
  firstEventId: 0,
  baseTimeMs: Date.UTC(2026, 0, 1),
}

/** Of each 50 events, the first is a person, the next three are auctions, and 46 are bids. */
export const proportions = { person: 1, auction: 3, total: 50 }
export const firstPersonId = 1_000
export const firstAuctionId = 1_000
export const firstCategory = 10
const categories = 5

/** One of so many is cold: half of the bids, a quarter of sellers and bidders. */
const hotAuctionRatio = 2
const hotPersonRatio = 4
/** Every so many ids there is a hot one. */
const hotStep = 100
/** Cold ids are among the last so many, or a few that are still to come. */
const auctionsInFlight = 100
const activePeople = 1_000
const lead = 10
const averageBytes = { person: 200, auction: 500, bid: 100 }
/** Any number that is coprime to the size of a group makes an order of it. */
const outOfOrderStep = 953

export class NexmarkGenerator {
  readonly options: Required<NexmarkOptions>
  readonly #draws: Draws
  readonly #channels: readonly Channel[]
  /** How long it takes until there are as many more auctions as are in flight. */
  readonly #auctionHorizonMs: number

  /** Fails with `ARGUMENT_INVALID` for options out of bounds. */
  constructor(options: NexmarkOptions) {
    this.options = checked({ ...defaults, ...options })
    this.#draws = new Draws(this.options.seed)
    this.#channels = makeChannels(this.options.seed)
    this.#auctionHorizonMs = this.#msOf(Math.floor((auctionsInFlight * proportions.total) / proportions.auction))
  }

  /** The event that comes at this place, from 0 to `events` − 1. */
  at(place: number): Event {
    return this.event(this.options.firstEventId + inGroup(place, this.options.outOfOrderGroup))
  }

  /** All events in the order in which they come. */
  *[Symbol.iterator](): IterableIterator<Event> {
    for (let place = 0; place < this.options.events; place++) yield this.at(place)
  }

  /** The event of this number. */
  event(number: number): Event {
    const time = this.options.baseTimeMs + this.#msOf(number)
    const place = number % proportions.total
    this.#draws.begin(number)
    if (place < proportions.person) return this.#person(number, time)
    if (place < proportions.person + proportions.auction) return this.#auction(number, time)
    return this.#bid(number, time)
  }

  /** How long so many events take. */
  #msOf(events: number): number {
    return Math.floor((events * 1_000) / this.options.ratePerSecond)
  }

  #person(number: number, dateTime: number): Person {
    const draws = this.#draws
    const name = `${draws.pick(firstNames)} ${draws.pick(lastNames)}`
    const emailAddress = `${lettersOf(draws, 7)}@${lettersOf(draws, 5)}.com`
    const creditCard = `${digits(draws, 4)} ${digits(draws, 4)} ${digits(draws, 4)} ${digits(draws, 4)}`
    const city = draws.pick(cities)
    const state = draws.pick(states)
    const size = 16 + name.length + emailAddress.length + creditCard.length + city.length + state.length
    return {
      kind: 'person',
      id: firstPersonId + lastPerson(number),
      name,
      emailAddress,
      creditCard,
      city,
      state,
      dateTime,
      extra: padding(draws, averageBytes.person, size),
    }
  }

  #auction(number: number, dateTime: number): Auction {
    const draws = this.#draws
    const itemName = lettersOf(draws, 3 + draws.below(18))
    const description = lettersOf(draws, 3 + draws.below(98))
    const initialBid = price(draws)
    return {
      kind: 'auction',
      id: firstAuctionId + lastAuction(number),
      itemName,
      description,
      initialBid,
      reserve: initialBid + price(draws),
      dateTime,
      expires: dateTime + 1 + draws.below(Math.max(1, 2 * this.#auctionHorizonMs)),
      seller: firstPersonId + this.#personOf(number, 0),
      category: firstCategory + draws.below(categories),
      extra: padding(draws, averageBytes.auction, 56 + itemName.length + description.length),
    }
  }

  #bid(number: number, dateTime: number): Bid {
    const draws = this.#draws
    const auction = firstAuctionId + this.#auctionOf(number)
    const bidder = firstPersonId + this.#personOf(number, 1)
    const isHot = draws.below(2) === 0
    const channelNumber = isHot ? draws.below(hotChannels.length) : hotChannels.length + draws.below(otherChannels)
    const { channel, url } = this.#channels[channelNumber]!
    // Channel and URL came to the model later and are not counted.
    return {
      kind: 'bid',
      auction,
      bidder,
      price: price(draws),
      channel,
      url,
      dateTime,
      extra: padding(draws, averageBytes.bid, 32),
    }
  }

  /** A hot one is `hotOffset` behind each hundredth, so that hot bidders are no hot sellers. */
  #personOf(number: number, hotOffset: 0 | 1): number {
    const last = lastPerson(number)
    if (this.#draws.below(hotPersonRatio) > 0) return last - (last % hotStep) + hotOffset
    const active = Math.min(last + 1, activePeople)
    return last + 1 - active + this.#draws.below(active + lead)
  }

  #auctionOf(number: number): number {
    const last = lastAuction(number)
    if (this.#draws.below(hotAuctionRatio) > 0) return last - (last % hotStep)
    const first = Math.max(0, last - auctionsInFlight)
    return first + this.#draws.below(last - first + 1 + lead)
  }
}

/** Which event of its group comes at this place. */
function inGroup(place: number, group: number): number {
  if (group === 1) return place
  const first = place - (place % group)
  return first + ((place * outOfOrderStep) % group)
}

/** How many people there were before the one that registered last, up to this event. */
function lastPerson(number: number): number {
  return Math.floor(number / proportions.total)
}

/** How many auctions there were before the one that was opened last, up to this event. −1 when there was none. */
function lastAuction(number: number): number {
  const round = Math.floor(number / proportions.total)
  const opened = Math.min(number % proportions.total, proportions.auction)
  return round * proportions.auction + opened - 1
}

/** From 100 to 100,000,000, as many from each power of ten to the next. */
const price = (draws: Draws): number => Math.round(100 * Math.exp(draws.unit() * 6 * Math.LN10))

function checked(options: Required<NexmarkOptions>): Required<NexmarkOptions> {
  const { events, ratePerSecond, seed, outOfOrderGroup, firstEventId, baseTimeMs } = options
  check('events', events, 'an integer from 0 to 2^32', Number.isInteger(events) && events >= 0)
  check('firstEventId', firstEventId, 'an integer from 0', Number.isInteger(firstEventId) && firstEventId >= 0)
  check('events and firstEventId', events + firstEventId, 'at most 2^32 together', events + firstEventId <= 2 ** 32)
  check('ratePerSecond', ratePerSecond, 'a number above 0', Number.isFinite(ratePerSecond) && ratePerSecond > 0)
  check('seed', seed, 'an integer', Number.isInteger(seed))
  check('baseTimeMs', baseTimeMs, 'an integer', Number.isInteger(baseTimeMs))
  const coprime = Number.isInteger(outOfOrderGroup) && outOfOrderGroup > 0 && outOfOrderGroup % outOfOrderStep !== 0
  check('outOfOrderGroup', outOfOrderGroup, `an integer from 1, and no multiple of ${outOfOrderStep}`, coprime)
  return options
}

function check(name: string, got: number, expected: string, valid: boolean): void {
  if (valid) return
  throw new StreamError('ARGUMENT_INVALID', `${name} of the Nexmark generator is ${got}: expected ${expected}.`)
}
