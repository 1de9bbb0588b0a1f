/**
 * A chart alone in a world that keeps no promise: whatever may be said to it at all is said in every order and as often as
 * the world likes, answers to what was never ordered included. So every edge of the chart is taken, also those that
 * only guard against what no part of the runtime ever says, and what the chart orders is watched all the while.
 */
import type { ActorModel, Message, Output, SystemModel, Turn } from '../explorer/system.ts'

/** One life of the chart: with what it starts, and what it may hear. */
export interface LoneSetting<Input, Event> {
  readonly name: string
  readonly input: Input
  readonly says: readonly Event[]
  /** These come once. */
  readonly once?: readonly Event[]
}

export interface LoneBegin<Input> extends Message {
  readonly type: 'lone.begin'
  readonly input: Input
  readonly setting: string
}

export interface LoneSaid<Event> extends Message {
  readonly type: 'lone.said'
  readonly event: Event
}

/** What observers hear of a chart alone: the event first, then each effect, in order. */
export type LoneFact =
  | { readonly type: 'heard'; readonly event: Message }
  | { readonly type: 'ordered'; readonly effect: OrderedEffect; readonly on: string }

export interface OrderedEffect {
  readonly type: string
  readonly params?: unknown
}

/** The chart itself: a first step and the others; undefined where the world does not go further. */
export interface LoneLogic<Input, State, Event> {
  start(input: Input): { readonly state: State; readonly effects: readonly OrderedEffect[] }
  step(state: State, event: Event): { readonly state: State; readonly effects: readonly OrderedEffect[] } | undefined
}

/** The chart `name` and its world, as a system: the first choice is one of its lives. */
export function loneSystem<Input, State, Event extends Message>(
  name: string,
  settings: readonly LoneSetting<Input, Event>[],
  logic: LoneLogic<Input, State, Event>,
  observers: SystemModel['observers'] = [],
): SystemModel {
  return {
    name: `${name} alone`,
    actors: { world: worldOf(name, settings), [name]: loneActor(logic) as ActorModel },
    observers,
  }
}

interface Life<State> {
  readonly chart: State | undefined
}

function loneActor<Input, State, Event extends Message>(
  logic: LoneLogic<Input, State, Event>,
): ActorModel<Life<State>, LoneBegin<Input> | LoneSaid<Event>> {
  return {
    start: { state: { chart: undefined }, outputs: [] },
    receive(life, message): Turn<Life<State>> | readonly Turn<Life<State>>[] {
      if (message.type === 'lone.begin') {
        const { state, effects } = logic.start(message.input)
        return { state: { chart: state }, outputs: orders(effects, message.type) }
      }
      const { event } = message
      const stepped = logic.step(life.chart!, event)
      if (stepped === undefined) return []
      return {
        state: { chart: stepped.state },
        outputs: [told({ type: 'heard', event }), ...orders(stepped.effects, event.type)],
      }
    },
  }
}

const told = (fact: LoneFact): Output => ({ type: 'fact', fact })
const orders = (effects: readonly OrderedEffect[], on: string): Output[] =>
  effects.map((effect) => told({ type: 'ordered', effect, on }))

interface World {
  readonly setting: string | undefined
}

const nameOf = (event: object): string =>
  Object.values(event)
    .map((value) => (typeof value === 'object' && value !== null ? Object.values(value).join(' ') : String(value)))
    .join(' ')

function worldOf<Input, Event extends Message>(
  to: string,
  settings: readonly LoneSetting<Input, Event>[],
): ActorModel<World, Message & { readonly name: string }> {
  const timer = (type: 'timer.set' | 'timer.clear', name: string): Output => ({ type, name })
  const send = (message: Message): Output => ({ type: 'send', to, message, immediate: true })
  const said = new Map(
    settings.map(({ name, says, once = [] }) => {
      const events = [
        ...says.map((event) => ({ event, again: true })),
        ...once.map((event) => ({ event, again: false })),
      ]
      return [name, new Map(events.map((one) => [nameOf(one.event), one]))]
    }),
  )
  return {
    start: { state: { setting: undefined }, outputs: settings.map(({ name }) => timer('timer.set', name)) },
    receive({ setting }, { name }) {
      const chosen = settings.find((one) => one.name === name)
      if (setting === undefined) {
        const begin: LoneBegin<Input> = { type: 'lone.begin', input: chosen!.input, setting: name }
        const others = settings.map((one) => timer('timer.clear', one.name))
        const words = [...said.get(name)!.keys()].map((word) => timer('timer.set', word))
        return { state: { setting: name }, outputs: [...others, ...words, send(begin)] }
      }
      const { event, again } = said.get(setting)!.get(name)!
      return {
        state: { setting },
        outputs: [...(again ? [timer('timer.set', name)] : []), send({ type: 'lone.said', event } as Message)],
      }
    },
  }
}
