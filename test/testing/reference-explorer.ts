/**
 * The explorer as one would write it first: whole states as text in a set, no interning, no memory of steps. Slow and
 * obvious; what the real one is compared with.
 */
import { canonical } from '../../src/testing/canonical.ts'
import {
  type Fault,
  type Message,
  type Observer,
  type Output,
  type Property,
  type SystemModel,
  type Turn,
  Violation,
} from '../../src/testing/explorer/system.ts'

interface World {
  readonly actors: Readonly<Record<string, { readonly state: unknown; readonly timers: readonly string[] }>>
  /** An empty channel is absent. */
  readonly channels: Readonly<Record<string, readonly Message[] | undefined>>
  readonly budgets: Readonly<Record<string, number>>
  readonly memories: readonly unknown[]
}

interface Next {
  readonly choice: string
  readonly world: World
}

export interface ReferenceReport {
  readonly states: number
  readonly transitions: number
  readonly terminals: number
  readonly depth: number
  readonly sometimes: Readonly<Record<string, boolean>>
  readonly problem: { readonly name: string; readonly message: string; readonly path: readonly string[] } | undefined
}

class Found extends Error {
  readonly property: string
  constructor(property: string, message: string) {
    super(message)
    this.property = property
  }
}

const asTurns = (turns: Turn<unknown> | readonly Turn<unknown>[]): readonly Turn<unknown>[] =>
  Array.isArray(turns) ? (turns as readonly Turn<unknown>[]) : [turns as Turn<unknown>]

export function exploreReference(
  model: SystemModel,
  properties: readonly Property[],
  maxStates = 200_000,
): ReferenceReport {
  const observers = model.observers ?? []
  const sometimes: Record<string, boolean> = {}
  for (const property of properties) if (property.kind === 'sometimes') sometimes[property.name] = false
  const seen: { world: World; from: number; choice: string; depth: number }[] = []
  const known = new Set<string>()
  let transitions = 0
  let terminals = 0
  let at = 0
  const path = (last?: string): string[] => {
    const choices: string[] = last === undefined ? [] : [last]
    for (let i = at; (seen[i]?.from ?? -1) >= 0; i = seen[i]!.from) choices.unshift(seen[i]!.choice)
    return choices
  }
  const report = (problem: ReferenceReport['problem']): ReferenceReport => ({
    states: seen.length,
    transitions,
    terminals,
    depth: seen.at(-1)?.depth ?? 0,
    sometimes,
    problem,
  })
  const add = (world: World, from: number, choice: string): void => {
    const key = canonical(world)
    if (known.has(key)) return
    known.add(key)
    seen.push({ world, from, choice, depth: from < 0 ? 0 : seen[from]!.depth + 1 })
    for (const property of properties) {
      if (property.kind === 'eventually') continue
      const holds = property.holds(...(property.of.map((name) => world.actors[name]!.state) as never[]))
      if (property.kind === 'sometimes') sometimes[property.name] ||= holds === true
      else if (holds !== true) throw new Found(property.name, holds === false ? 'does not hold' : holds)
    }
  }
  let choice: string | undefined
  try {
    for (const world of starts(model, observers)) add(world, -1, '')
    for (; at < seen.length && seen.length <= maxStates; at++) {
      const { world } = seen[at]!
      let any = false
      for (const next of choicesOf(model, observers, world, (made) => (choice = made))) {
        any = true
        transitions++
        choice = next.choice
        add(next.world, at, next.choice)
      }
      choice = undefined
      if (any) continue
      terminals++
      for (const property of properties) {
        if (property.kind !== 'eventually') continue
        const holds = property.holds(...(property.of.map((name) => world.actors[name]!.state) as never[]))
        if (holds !== true) throw new Found(property.name, holds === false ? 'does not hold at the end' : holds)
      }
      observers.forEach((observer, i) => {
        const owed = observer.atEnd?.(world.memories[i])
        if (owed !== undefined) throw new Found(observer.name, owed)
      })
    }
  } catch (thrown) {
    if (!(thrown instanceof Found)) throw thrown
    return report({ name: thrown.property, message: thrown.message, path: path(choice) })
  }
  return report(undefined)
}

function starts(model: SystemModel, observers: readonly Observer[]): World[] {
  const names = Object.keys(model.actors)
  let worlds: World[] = [
    {
      actors: Object.fromEntries(names.map((name) => [name, { state: model.actors[name]!.start.state, timers: [] }])),
      channels: {},
      budgets: { ...model.budgets },
      memories: observers.map((observer) => observer.initial),
    },
  ]
  for (const name of names) {
    worlds = worlds.flatMap((world) => carryOut(model, observers, world, name, model.actors[name]!.start.outputs))
  }
  return worlds
}

function* choicesOf(
  model: SystemModel,
  observers: readonly Observer[],
  world: World,
  trying: (choice: string) => void,
): Generator<Next> {
  for (const [channel, content] of Object.entries(world.channels)) {
    const [head, ...rest] = content ?? []
    if (head === undefined) continue
    const [from, to] = channel.split(' → ') as [string, string]
    const taken = { ...world, channels: { ...world.channels, [channel]: rest.length > 0 ? rest : undefined } }
    const deliver = function* (base: World, verb: string): Generator<Next> {
      for (const turn of asTurns(model.actors[to]!.receive(base.actors[to]!.state, head, from))) {
        const choice = `${verb}${channel}: ${head.type}${turn.label === undefined ? '' : ` [${turn.label}]`}`
        trying(choice)
        for (const after of take(model, observers, base, to, turn)) yield { choice, world: after }
      }
    }
    yield* deliver(taken, '')
    const repeated = spend(world, model.repeats?.(head, from, to))
    if (model.repeats?.(head, from, to) !== undefined && repeated) yield* deliver(repeated, 'repeat ')
    const lost = spend(taken, model.loses?.(head, from, to))
    if (model.loses?.(head, from, to) !== undefined && lost) {
      yield { choice: `lose ${channel}: ${head.type}`, world: lost }
    }
  }
  for (const [name, { timers, state }] of Object.entries(world.actors)) {
    for (const timer of timers) {
      const fired = { type: 'timer.fired', name: timer } as Message
      const spent = withTimers(
        world,
        name,
        timers.filter((other) => other !== timer),
      )
      for (const turn of asTurns(model.actors[name]!.receive(state, fired, name))) {
        const choice = `timer ${name} ${timer}${turn.label === undefined ? '' : ` [${turn.label}]`}`
        trying(choice)
        for (const after of take(model, observers, spent, name, turn)) yield { choice, world: after }
      }
    }
  }
  for (const fault of model.faults ?? []) {
    const spent = spend(world, fault.spends)
    if (spent === undefined) continue
    trying(`fault ${fault.name}`)
    for (const after of befall(model, observers, spent, fault)) yield { choice: `fault ${fault.name}`, world: after }
  }
}

function befall(model: SystemModel, observers: readonly Observer[], world: World, fault: Fault): World[] {
  const channels: Record<string, readonly Message[] | undefined> = {}
  for (const [channel, content] of Object.entries(world.channels)) {
    const [from, to] = channel.split(' → ') as [string, string]
    channels[channel] = fault.loses?.(from, to) ? undefined : content
  }
  let worlds: World[] = [{ ...world, channels }]
  const facts = (fault.facts ?? []).map((fact) => ({ type: 'fact', fact }) as const)
  worlds = worlds.flatMap((one) => carryOut(model, observers, one, '', facts))
  for (const name of fault.restarts ?? []) {
    const { state, outputs } = model.actors[name]!.start
    worlds = worlds.flatMap((one) => {
      const restarted = { ...one, actors: { ...one.actors, [name]: { state, timers: [] } } }
      return carryOut(model, observers, restarted, name, outputs)
    })
  }
  for (const { to, message } of fault.tells ?? []) {
    worlds = worlds.flatMap((one) =>
      asTurns(model.actors[to]!.receive(one.actors[to]!.state, message, 'fault')).flatMap((turn) =>
        take(model, observers, one, to, turn),
      ),
    )
  }
  return worlds
}

/** An actor takes a turn, if the budgets allow. */
function take(
  model: SystemModel,
  observers: readonly Observer[],
  world: World,
  name: string,
  turn: Turn<unknown>,
): World[] {
  const spent = spend(world, turn.spends)
  if (spent === undefined) return []
  const moved = { ...spent, actors: { ...spent.actors, [name]: { ...spent.actors[name]!, state: turn.state } } }
  return carryOut(model, observers, moved, name, turn.outputs)
}

function carryOut(
  model: SystemModel,
  observers: readonly Observer[],
  world: World,
  name: string,
  outputs: readonly Output[],
): World[] {
  const [output, ...rest] = outputs
  if (output === undefined) return [world]
  const then = (after: World) => carryOut(model, observers, after, name, rest)
  const timers = world.actors[name]?.timers ?? []
  switch (output.type) {
    case 'timer.set':
      return then(withTimers(world, name, [...new Set([...timers, output.name])].sort()))
    case 'timer.clear':
      return then(
        withTimers(
          world,
          name,
          timers.filter((other) => other !== output.name),
        ),
      )
    case 'fact':
      return then({
        ...world,
        memories: world.memories.map((memory, i) => observe(observers[i]!, memory, output.fact)),
      })
    case 'send': {
      const { to, message } = output
      if (!output.immediate) {
        const channel = `${name} → ${to}`
        const content = [...(world.channels[channel] ?? []), message]
        return then({ ...world, channels: { ...world.channels, [channel]: content } })
      }
      return asTurns(model.actors[to]!.receive(world.actors[to]!.state, message, name))
        .flatMap((turn) => take(model, observers, world, to, turn))
        .flatMap(then)
    }
  }
}

function observe(observer: Observer, memory: unknown, fact: Message): unknown {
  if (observer.hears !== undefined && !observer.hears.includes(fact.type)) return memory
  const next = observer.next(memory, fact)
  if (next instanceof Violation) throw new Found(observer.name, next.message)
  return next
}

const withTimers = (world: World, name: string, timers: readonly string[]): World => ({
  ...world,
  actors: { ...world.actors, [name]: { ...world.actors[name]!, timers } },
})

function spend(world: World, budget: string | undefined): World | undefined {
  if (budget === undefined) return world
  const left = world.budgets[budget] ?? 0
  return left === 0 ? undefined : { ...world, budgets: { ...world.budgets, [budget]: left - 1 } }
}
