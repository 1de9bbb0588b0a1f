/** Process functions with a broadcast side, for several tests. */
import {
  type BroadcastProcessDefinition,
  type KeyedBroadcastProcessDefinition,
  keyedBroadcastProcessOperator,
} from '../../src/operators/broadcast-process.ts'
import { broadcastState } from '../../src/operators/operator-state-declarations.ts'
import { mapState, valueState } from '../../src/operators/state-descriptors.ts'

export const rules = { words: broadcastState<string, string>() }
export type Plain = BroadcastProcessDefinition<string, string, string, typeof rules>

/** Each record with what the rules say of it; a rule is `word=meaning`. */
export const translated: Plain = {
  element: (word, ctx) => ctx.emit(`${word} ${ctx.broadcastState.words.get(word) ?? '?'}`),
  broadcastElement(rule, ctx) {
    const [word = '', meaning = ''] = rule.split('=')
    ctx.broadcastState.words.put(word, meaning)
  },
}

export const state = { count: valueState(0), marks: mapState<string, number>() }
export type Keyed = KeyedBroadcastProcessDefinition<string, string, string, string, typeof state, typeof rules>

/** Counts each word, up to the broadcast limit; `clear` begins anew. */
const counted: Keyed = {
  state,
  element(_word, ctx) {
    const limit = Number(ctx.broadcastState.words.get('limit') ?? Number.POSITIVE_INFINITY)
    ctx.state.count.update(Math.min(ctx.state.count.value() + 1, limit))
    ctx.emit(`${ctx.key} ${ctx.state.count.value()}`)
  },
  broadcastElement(rule, ctx) {
    if (rule !== 'clear') {
      ctx.broadcastState.words.put('limit', rule)
      return
    }
    ctx.applyToKeyedState('count', (key, count) => {
      ctx.emit(`${key} was ${count.value()}`)
      count.clear()
    })
  },
}
export const counter = (definition: Partial<Keyed> = {}) =>
  keyedBroadcastProcessOperator(rules, { ...counted, ...definition })
export const byWord = { key: (word: string) => word }
