/** Small random systems that use every feature, for comparing explorers with each other. */
import fc from 'fast-check'
import {
  type ActorModel,
  type Message,
  type Observer,
  type Output,
  type Property,
  type SystemModel,
  type Turn,
  Violation,
} from '../../../src/testing/explorer/system.ts'

export interface RandomSystem {
  readonly model: SystemModel
  readonly properties: readonly Property[]
}

const messageTypes = ['m0', 'm1', 'm2']
const timerNames = ['t0', 't1']
const factTypes = ['f0', 'f1']
const statesPerActor = 3

/** An output as numbers; the actor it goes to is made to fit. */
interface Sketch {
  readonly kind: number
  readonly to: number
  readonly which: number
}

interface TurnSketch {
  readonly state: number
  readonly outputs: readonly Sketch[]
  readonly labelled: boolean
  readonly spends: boolean
}

const sketch: fc.Arbitrary<Sketch> = fc.record({ kind: fc.nat(7), to: fc.nat(5), which: fc.nat(5) })

const turn: fc.Arbitrary<TurnSketch> = fc.record({
  state: fc.nat(statesPerActor - 1),
  outputs: fc.array(sketch, { maxLength: 3 }),
  labelled: fc.boolean(),
  spends: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
})

/** What an actor does, by state and input. */
const table = fc.array(fc.array(turn, { maxLength: 2 }), {
  minLength: statesPerActor * (messageTypes.length + timerNames.length),
  maxLength: statesPerActor * (messageTypes.length + timerNames.length),
})

const observer = fc.record({
  next: fc.array(fc.nat(50), { minLength: 8, maxLength: 8 }),
  hears: fc.boolean(),
  owes: fc.nat(60),
})

const property = fc.record({
  kind: fc.constantFrom('always' as const, 'eventually' as const, 'sometimes' as const, 'sometimes' as const),
  of: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 }),
  sum: fc.nat(6),
})

const fault = fc.record({
  lossy: fc.nat(3),
  restarts: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
  tells: fc.array(fc.record({ to: fc.nat(2), which: fc.nat(2) }), { maxLength: 1 }),
  facts: fc.boolean(),
})

export const randomSystem: fc.Arbitrary<RandomSystem> = fc
  .record({
    actors: fc.array(fc.record({ table, start: fc.array(sketch, { minLength: 1, maxLength: 4 }) }), {
      minLength: 2,
      maxLength: 3,
    }),
    work: fc.integer({ min: 1, max: 4 }),
    harm: fc.nat(2),
    faults: fc.array(fault, { maxLength: 2 }),
    loses: fc.nat(5),
    repeats: fc.nat(5),
    observers: fc.array(observer, { maxLength: 10 }),
    properties: fc.array(property, { maxLength: 4 }),
  })
  .map(({ actors, work, harm, faults, loses, repeats, observers, properties }) => {
    const names = actors.map((_, i) => `a${i}`)
    const nth = (i: number) => names[i % names.length]!
    const model: SystemModel = {
      name: 'random',
      actors: Object.fromEntries(actors.map((actor, i) => [names[i], actorOf(i, names, actor.table, actor.start)])),
      budgets: { work, harm },
      faults: faults.map(({ lossy, restarts, tells, facts }, i) => ({
        name: `fault${i}`,
        spends: 'harm',
        loses: (from, to) => from === nth(lossy) || to === nth(lossy + 1),
        restarts: [...new Set(restarts.map(nth))],
        tells: tells.map(({ to, which }) => ({ to: nth(to), message: { type: messageTypes[which]! } })),
        facts: facts ? [{ type: 'f0' }] : [],
      })),
      loses: (message) => (message.type === messageTypes[loses] ? 'harm' : undefined),
      repeats: (message, from) => (message.type === messageTypes[repeats] && from === 'a0' ? 'harm' : undefined),
      observers: observers.map((one, i) => observerOf(`observer${i}`, one.next, one.hears, one.owes)),
    }
    return {
      model,
      properties: properties.map(({ kind, of, sum }, i) => ({
        kind,
        name: `${kind}${i}`,
        of: [...new Set(of.map(nth))],
        holds: (...states: never[]) => {
          const total = (states as { readonly at: number }[]).reduce((all, { at }) => all + at, 0)
          return kind === 'always' ? total !== sum + 4 : kind === 'eventually' ? total !== sum + 3 : total === sum
        },
      })),
    }
  })

function actorOf(
  index: number,
  names: readonly string[],
  turns: readonly (readonly TurnSketch[])[],
  start: readonly Sketch[],
): ActorModel<{ readonly at: number }> {
  const turnOf = ({ state, outputs, labelled, spends }: TurnSketch, i: number): Turn<{ readonly at: number }> => ({
    state: { at: state },
    outputs: outputs.map((output) => outputOf(output, index, names)),
    ...(labelled ? { label: `turn${i}` } : {}),
    ...(spends ? { spends: 'work' } : {}),
  })
  return {
    start: { state: { at: 0 }, outputs: start.map((output) => outputOf(output, index, names)) },
    receive(state, message) {
      const inputs = messageTypes.length + timerNames.length
      const input =
        message.type === 'timer.fired'
          ? messageTypes.length + timerNames.indexOf((message as Message & { readonly name: string }).name)
          : messageTypes.indexOf(message.type)
      return turns[state.at * inputs + input]!.map(turnOf)
    },
  }
}

function outputOf({ kind, to, which }: Sketch, index: number, names: readonly string[]): Output {
  const message = { type: messageTypes[which % messageTypes.length]! }
  switch (kind) {
    case 0:
    case 1:
      return { type: 'fact', fact: { type: factTypes[which % factTypes.length]! } }
    case 2:
    case 3:
      return { type: 'timer.set', name: timerNames[which % timerNames.length]! }
    case 4:
      return { type: 'timer.clear', name: timerNames[which % timerNames.length]! }
    case 5:
      // Only to actors further on, so that calls end.
      return index + 1 < names.length
        ? { type: 'send', to: names[index + 1 + (to % (names.length - index - 1))]!, message, immediate: true }
        : { type: 'send', to: names[to % names.length]!, message }
    default:
      return { type: 'send', to: names[to % names.length]!, message }
  }
}

function observerOf(name: string, table: readonly number[], hearsAll: boolean, owes: number): Observer<number> {
  return {
    name,
    initial: 0,
    ...(hearsAll ? {} : { hears: ['f1'] }),
    next(memory, fact) {
      const next = table[memory * factTypes.length + factTypes.indexOf(fact.type)]!
      return next === 50 ? new Violation('fifty') : next % 4
    },
    atEnd: (memory) => (owes % 4 === memory && owes > 56 ? 'owed' : undefined),
  }
}
