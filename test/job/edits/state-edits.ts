/** Edits of what the operators of a program keep. */
import type { OperatorStateMode } from '../../../src/core/operator-state.ts'
import type { StateKind } from '../../../src/core/state-handles.ts'
import { type Apply, at, change, type Edited, newName, operatorAt, type Picks, setting } from './edited.ts'
import type { Mapping } from './expected-takes.ts'
import {
  type Body,
  isKeyed,
  type ListSpec,
  listsOf,
  type OperatorSpec,
  type StateSpec,
  statesOf,
} from './program-spec.ts'

const kinds: readonly StateKind[] = ['value', 'list', 'map', 'reducing', 'aggregating']
const kindAt = (n: number): StateKind => at(kinds, n)!
const modes: readonly OperatorStateMode[] = ['split', 'union', 'broadcast']

const withStates = (operator: OperatorSpec, states: readonly StateSpec[]): OperatorSpec =>
  operator.body.type === 'keyed' ? { ...operator, body: { ...operator.body, states } } : operator

const keepingState = (edited: Edited, n: number) => operatorAt(edited, n, ({ body }) => statesOf(body).length > 0)

/** Changes one state; removes it where that gives undefined. */
const stateSetting =
  (changed: (state: StateSpec, picks: Picks) => StateSpec | undefined): Apply =>
  (edited, picks) =>
    change(edited, keepingState(edited, picks.a), (one) => {
      const states = statesOf(one.body)
      const target = at(states, picks.b)
      return withStates(
        one,
        states.flatMap((state) => (state === target ? (changed(state, picks) ?? []) : [state])),
      )
    })

const addState: Apply = (edited, { a, b }) =>
  change(
    edited,
    operatorAt(edited, a, ({ body }) => body.type === 'keyed'),
    (one) => {
      const states = statesOf(one.body)
      const name = newName(states, b % 2 === 0 ? 's' : 'x')
      const key = `${one.key}.${name}+`
      return withStates(one, [
        ...states,
        { key, name, kind: kindAt(b), version: 0, ttl: b > 15, migrates: false, mapped: false },
      ])
    },
  )

const moveState: Apply = (edited, { a, b, c }) => {
  const from = keepingState(edited, a)
  const to = operatorAt(edited, b, (one) => one.body.type === 'keyed' && one !== from)
  if (from === undefined || to === undefined) return edited
  const state = at(statesOf(from.body), c)!
  const name = newName(statesOf(to.body), 'm')
  const without = change(edited, from, (one) =>
    withStates(
      one,
      statesOf(one.body).filter((other) => other !== state),
    ),
  )
  return change(without, to, (one) => withStates(one, [...statesOf(one.body), { ...state, name, mapped: c % 4 > 0 }]))
}

const mapState: Apply = (edited, { a, b, c }) => {
  const from = at([...edited.before.values()], a)!
  const to = operatorAt(edited, b, ({ body, uid }) => isKeyed(body) && uid !== undefined)
  if (to === undefined) return edited
  const state = c === 30 ? 'nothing' : (at(statesOf(to.body), c)?.name ?? 'reduce')
  const mapping: Mapping = {
    from: { operator: from.uid ?? from.id, state: `s${c % 3}` },
    to: { operator: to.uid!, state },
  }
  return { ...edited, mapping: [...edited.mapping, mapping] }
}

const listSetting =
  (changed: (lists: readonly ListSpec[], picks: Picks) => readonly ListSpec[]): Apply =>
  (edited, picks) =>
    change(
      edited,
      operatorAt(edited, picks.a, ({ body }) => body.type === 'keyed' || body.type === 'unkeyed'),
      (one) => ({
        ...one,
        body: { ...one.body, lists: changed(listsOf(one.body), picks) } as Body,
      }),
    )

const mapList: Apply = (edited, { a, b, c }) => {
  const from = at([...edited.before.values()], a)!
  const to = operatorAt(edited, b, ({ body, uid }) => listsOf(body).length > 0 && uid !== undefined)
  if (to === undefined) return edited
  const mapping: Mapping = {
    from: { operator: from.uid ?? from.id, state: `l${c % 3}` },
    to: { operator: to.uid!, state: at(listsOf(to.body), c)!.name },
  }
  return { ...edited, mapping: [...edited.mapping, mapping] }
}

const renameList: Apply = (edited, { a, b, c }) => {
  const target = operatorAt(edited, a, ({ body }) => listsOf(body).length > 0)
  const list = target && at(listsOf(target.body), b)
  if (target === undefined || list === undefined) return edited
  const name = newName(listsOf(target.body), 'renamed')
  const lists = listsOf(target.body).map((one) => (one === list ? { ...one, name } : one))
  const renamed = change(edited, target, (one) => ({ ...one, body: { ...one.body, lists } as Body }))
  const was = edited.before.get(target.key)
  if (was === undefined || target.uid === undefined || c % 4 === 0) return renamed
  const mapping: Mapping = {
    from: { operator: was.uid ?? was.id, state: list.name },
    to: { operator: target.uid, state: name },
  }
  return { ...renamed, mapping: [...renamed.mapping, mapping] }
}

export const stateEdits = {
  'map state': mapState,
  'rename state': stateSetting((state, { c }) => ({ ...state, name: `${state.name}'`, mapped: c % 4 > 0 })),
  'remove state': stateSetting(() => undefined),
  'add state': addState,
  'move state': moveState,
  version: stateSetting((state, { c }) => ({ ...state, version: state.version + 1 + (c % 2), migrates: c % 4 > 0 })),
  'older version': stateSetting((state) => ({ ...state, version: Math.max(0, state.version - 1) })),
  kind: stateSetting((state, { c }) => ({ ...state, kind: kindAt(c) })),
  'kind and version': stateSetting((state, { c }) => ({
    ...state,
    kind: kindAt(c),
    version: state.version + 1,
    migrates: true,
  })),
  'time to live': stateSetting((state) => ({ ...state, ttl: !state.ttl })),
  'add list': listSetting((lists, { b }) => [...lists, { name: newName(lists, 'new'), mode: at(modes, b)! }]),
  'remove list': listSetting((lists, { b }) => lists.filter((list) => list !== at(lists, b))),
  'map list': mapList,
  'rename list': renameList,
  'change list': listSetting((lists, { b, c }) =>
    lists.map((list) => (list === at(lists, b) ? { ...list, mode: at(modes, c)! } : list)),
  ),
  timers: setting(({ body }) => (body.type === 'keyed' ? { body: { ...body, timers: !body.timers } } : {})),
} satisfies Readonly<Record<string, Apply>>
