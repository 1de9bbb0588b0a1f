/**
 * What `changing-program.ts` says, computed in a few lines without streams, snapshots or ids: keyed state as maps of maps, and a
 * restore as copying them by hand. It knows nothing of how the restore is done.
 */
import type { Shape } from './changing-program.ts'

/** Key → what the state holds for it. */
type State = Map<string, unknown>

export interface ModelOperator {
  /** By which it is found again: a uid, or an id. */
  readonly identity: string
  readonly states: Map<string, State>
  /** Keys with a timer. */
  readonly timers: Set<string>
}

export interface Model {
  readonly all: ModelOperator
  readonly second: ModelOperator | undefined
  readonly after: ModelOperator | undefined
}

const operator = (identity: string, names: readonly string[]): ModelOperator => ({
  identity,
  states: new Map(names.map((name) => [name, new Map()])),
  timers: new Set(),
})

/** Before the first word. */
export function emptyModel(shape: Shape, identity: string): Model {
  const { countName = 'count', largestMoved = false } = shape
  const names = [countName, 'lengths', 'letters', ...(largestMoved ? [] : ['largest']), 'mean']
  return {
    all: operator(identity, names),
    second: shape.second === 'none' ? undefined : operator('second', ['total', ...(largestMoved ? ['most'] : [])]),
    after: shape.after === 'stateful' ? operator('after', ['seen']) : undefined,
  }
}

export const operatorsOf = ({ all, second, after }: Model): readonly ModelOperator[] =>
  [all, second, after].filter((one) => one !== undefined)

/** What it says of these words, one after the other. */
export function say(model: Model, shape: Shape, words: readonly string[]): readonly string[] {
  return words.flatMap((raw) => {
    const word = raw.trim().toLowerCase()
    const key = word[0]!
    const said = [sayAll(model.all, shape, key, word)]
    if (model.second !== undefined) said.push(saySecond(model.second, key, word.length))
    for (const text of said) pass(model.after, text)
    return said
  })
}

/** What it says when the timers fire. */
export function fire({ all, after }: Model, shape: Shape): readonly string[] {
  const said = [...all.timers].map((key) => `timer of ${textOf(all, shape, key)}`)
  for (const text of said) pass(after, text)
  return said
}

const pass = (after: ModelOperator | undefined, text: string) => void after?.states.get('seen')?.set(text, 1)

const change = <T>(of: ModelOperator, name: string, key: string, next: (old: T | undefined) => T): void => {
  const state = of.states.get(name)
  state?.set(key, next(state.get(key) as T | undefined))
}

function sayAll(all: ModelOperator, shape: Shape, key: string, word: string): string {
  change<number>(all, shape.countName ?? 'count', key, (old = 0) => old + 1)
  change<number[]>(all, 'lengths', key, (old = []) => [...old, word.length])
  for (const letter of word) {
    change<Record<string, number>>(all, 'letters', key, (old = {}) => ({ ...old, [letter]: (old[letter] ?? 0) + 1 }))
  }
  change<number>(all, 'largest', key, (old = 0) => Math.max(old, word.length))
  change<number[]>(all, 'mean', key, (old = []) => [...old, word.length])
  all.timers.add(key)
  return textOf(all, shape, key)
}

function textOf({ states }: ModelOperator, { countName = 'count' }: Shape, key: string): string {
  const letters = Object.entries((states.get('letters')!.get(key) ?? {}) as Record<string, number>)
  const lengths = (states.get('lengths')!.get(key) ?? []) as readonly number[]
  const seen = (states.get('mean')!.get(key) ?? []) as readonly number[]
  const shown = letters.map(([letter, n]) => `${letter}${n}`).toSorted()
  const mean = seen.length === 0 ? undefined : seen.reduce((sum, n) => sum + n, 0) / seen.length
  const all = [states.get(countName)!.get(key) ?? 0, lengths.join('+'), shown.join(''), mean]
  return `${key}: ${[...all, ...(states.has('largest') ? [states.get('largest')!.get(key)] : [])].join(' ')}`
}

function saySecond(second: ModelOperator, key: string, length: number): string {
  change<number>(second, 'total', key, (old = 0) => old + length)
  change<number>(second, 'most', key, (old = 0) => Math.max(old, length))
  const most = second.states.get('most')?.get(key)
  return `${key} in all ${second.states.get('total')!.get(key)}${most === undefined ? '' : `, at most ${most}`}`
}

/** `[from, to]`, each an operator, or an operator and a state. */
export type Move = readonly [from: readonly [string, string?], to: readonly [string, string?]]

/** Does each move name what is there, once, and a target that is free? */
export function movesFit(saved: Model, model: Model, moves: readonly Move[]): boolean {
  const from = moves.map(([source]) => source.join('/'))
  const to = moves.map(([, target]) => target.join('/'))
  const states = (operators: Model, identity: string) =>
    operatorsOf(operators).find((one) => one.identity === identity)?.states
  const stays = (identity: string, name: string) => !from.includes(identity) && !from.includes(`${identity}/${name}`)
  const free = ([identity, name]: Move[1]) => {
    const own = states(saved, identity)
    if (own === undefined) return true
    return name === undefined ? from.includes(identity) : !(own.has(name) && stays(identity, name))
  }
  return (
    new Set(from).size === moves.length &&
    new Set(to).size === moves.length &&
    moves.every(([[source, state], target]) => {
      const [old, fresh] = [states(saved, source), states(model, target[0])]
      if (old === undefined || fresh === undefined) return false
      return (state === undefined || (old.has(state) && fresh.has(target[1]!))) && free(target)
    })
  )
}

/** Copies what belongs into the empty `model`; gives what nobody took, as `operator/state`. */
export function restore(saved: Model, model: Model, moves: readonly Move[]): readonly string[] {
  const left = new Set(
    operatorsOf(saved).flatMap(({ identity, states }) => [...states.keys()].map((name) => `${identity}/${name}`)),
  )
  const take = (source: ModelOperator, name: string, target: ModelOperator, as: string) => {
    if (!target.states.has(as) || !left.delete(`${source.identity}/${name}`)) return
    target.states.set(as, new Map(source.states.get(name)))
  }
  const find = (model: Model, identity: string) => operatorsOf(model).find((one) => one.identity === identity)
  for (const [[from, state], [to, name]] of moves) {
    if (state !== undefined) take(find(saved, from)!, state, find(model, to)!, name!)
  }
  for (const source of operatorsOf(saved)) {
    const move = moves.find(([[from, state]]) => from === source.identity && state === undefined)
    const target = find(model, move === undefined ? source.identity : move[1][0])
    const displaced = move === undefined && moves.some(([, [to, name]]) => to === source.identity && name === undefined)
    if (target === undefined || displaced) continue
    for (const name of source.states.keys()) take(source, name, target, name)
    for (const key of source.timers) target.timers.add(key)
  }
  return [...left]
}
