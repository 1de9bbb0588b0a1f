/** INV-ST-9 and INV-ST-10: what an unaligned checkpoint keeps of its inputs, and until when. */
import type { SubtaskEffect, SubtaskMachineInput } from '../../../src/machines/subtask/protocol.ts'
import { Wrong } from '../monitored-walk.ts'
import { about, issues, type SubtaskMonitor, union, watch } from './watching.ts'

interface Memory {
  readonly delivered: readonly number[]
  readonly ended: readonly number[]
  readonly blocked: readonly number[]
  /** `taking`: its snapshot is ordered, as an unaligned one. */
  readonly stage: 'none' | 'taking' | 'recording' | 'over'
  /** Another snapshot is being taken: what comes meanwhile breaks a promise of the actor. */
  readonly takingOther: boolean
}

const start: Memory = { delivered: [], ended: [], blocked: [], stage: 'none', takingOther: false }

const givenUp: readonly SubtaskEffect['type'][] = ['decline', 'discardSnapshot']

export const recorded = (n: number, { channels }: SubtaskMachineInput): SubtaskMonitor =>
  watch<Memory>(`INV-ST-9 and 10 checkpoint ${n} is recorded`, start, (memory, event, effects) => {
    let { delivered, ended, blocked, stage, takingOther } = memory
    const missing = () => range(channels).filter((one) => !delivered.includes(one) && !ended.includes(one))
    const mine = effects.filter((effect) => about(effect, n))
    const was = missing()
    const heard = !issues(effects, 'report') && 'channel' in event && !blocked.includes(event.channel)
    if (heard && event.type === 'barrier.received' && about(event, n)) delivered = union(delivered, event.channel)
    if (heard && event.type === 'input.ended') ended = union(ended, event.channel)
    if (event.type === 'snapshot.taken' || event.type === 'snapshot.failed') takingOther = false

    const begins = mine.some((one) => one.type === 'takeSnapshot' && one.params.alignment?.type === 'unaligned')
    const joins = stage === 'recording' && event.type === 'barrier.received' && was.includes(event.channel)
    const overtaken = mine.flatMap((one) => (one.type === 'recordOvertaken' ? [one.params.channel] : []))
    const isBarrier = event.type === 'barrier.received' && about(event, n)
    const wanted = heard && isBarrier && (begins || joins) ? [event.channel] : []
    if (String(overtaken) !== String(wanted)) return new Wrong(`recordOvertaken of ${overtaken}, not of ${wanted}`)

    for (const effect of effects) {
      if (effect.type === 'blockInput') blocked = union(blocked, effect.params.channel)
      if (effect.type === 'unblockInputs') blocked = []
      if (effect.type === 'takeSnapshot') takingOther = !about(effect, n)
    }
    const records = mine.flatMap((one) => (one.type === 'recordInputs' ? [one.params.channels] : []))
    const persists = issues(mine, 'persistSnapshot')
    const left = missing()
    if (begins) stage = 'taking'
    else if (mine.some(({ type }) => givenUp.includes(type))) stage = stage === 'none' ? 'none' : 'over'
    else if (stage === 'taking' && event.type === 'snapshot.taken' && about(event, n)) {
      if (persists !== (left.length === 0)) return new Wrong(`persisted: ${persists}, while ${left} are missing`)
      if (!persists && String(records) !== String([left])) return new Wrong(`records ${records}, not ${left}`)
      stage = persists ? 'over' : 'recording'
    } else if (stage === 'recording' && !takingOther) {
      if (persists !== (left.length === 0)) return new Wrong(`persisted: ${persists}, while ${left} are missing`)
      if (persists) stage = 'over'
    } else if (records.length > 0) return new Wrong(`records ${records} of nothing that is taken`)
    return { delivered, ended, blocked, stage, takingOther }
  })

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
