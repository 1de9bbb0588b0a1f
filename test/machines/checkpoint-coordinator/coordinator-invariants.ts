/** INV-CC-1 to INV-CC-16, each a named function of one step of the watched coordinator. */
import { isSavepoint, isStop } from '../../../src/core/elements.ts'
import type { CheckpointId } from '../../../src/core/ids.ts'
import type { CoordinatorEffect, CoordinatorEvent } from '../../../src/machines/checkpoint-coordinator/protocol.ts'
import { type Invariant, stateName } from '../../../src/testing/machine-harness.ts'
import { coordinatorKey, heard, isOpen, type Watched } from './watched-coordinator.ts'

type Check = Invariant<Watched, CoordinatorEvent, CoordinatorEffect>

const all = <Type extends CoordinatorEffect['type']>(effects: readonly CoordinatorEffect[], type: Type) =>
  effects.filter((effect): effect is Extract<CoordinatorEffect, { readonly type: Type }> => effect.type === type)

const wrong = (condition: boolean, what: string) => (condition ? what : undefined)

const invCC1idsRise: Check = ({ before, effects }) => {
  let last: number = before.coordinator.main.context.lastId
  for (const { params } of all(effects, 'triggerBarrier')) {
    if (params.checkpointId <= last) return `checkpoint ${params.checkpointId} after ${last}`
    last = params.checkpointId
  }
  return undefined
}

const invCC2boundedConcurrency: Check = ({ after: { coordinator } }) => {
  const { maxConcurrent, savepointsMax, unaligned } = coordinator.main.context.config
  const { checkpoints, savepoints } = pendingOf(coordinator)
  const tooMany = unaligned === undefined ? savepoints > savepointsMax : checkpoints + savepoints > maxConcurrent
  return wrong(
    checkpoints > maxConcurrent || tooMany,
    `${checkpoints} checkpoints and ${savepoints} savepoints pending`,
  )
}

const pendingOf = ({ pending }: Watched['coordinator']) => {
  const savepoints = pending.filter(({ snapshot }) => isSavepoint(snapshot.context.kind)).length
  return { savepoints, checkpoints: pending.length - savepoints }
}

const invCC3quietMeansEmpty: Check = ({ after: { coordinator, witness } }) => {
  const name = stateName(coordinator.main.value)
  if (name !== 'inactive' && name !== 'shutdown') return undefined
  const { queue, inFlight } = coordinator.main.context
  const left = [coordinator.pending.length, queue.length, inFlight.length, witness.timers.length]
  return wrong(
    left.some((n) => n > 0),
    `${name} with ${left.join(', ')} pending, queued, in flight, timers`,
  )
}

const invCC4notifyAfterDurable: Check = ({ after: { witness }, effects }) => {
  for (const { params } of all(effects, 'notifyComplete')) {
    const { checkpointId: id } = params
    const kind = witness.kinds[id]
    if (!witness.stored.includes(id)) return `told complete before ${id} was stored`
    if (kind === 'savepoint') return `told complete of plain savepoint ${id}`
    if (kind !== undefined && isStop(kind) && !witness.published.includes(id)) return `told complete before publishing`
  }
  return undefined
}

const invCC5nothingStoredIsDiscarded: Check = ({ before, after: { witness }, effects }) => {
  for (const { params } of all(effects, 'discard')) {
    const { checkpointId: id } = params
    if (!isOpen(before.witness, id)) return `${id} has ended before`
    if (witness.putting.includes(id) || witness.stored.includes(id)) return `${id} is stored or being stored`
  }
  const retired = all(effects, 'retire').flatMap(({ params }) => params.checkpointIds)
  const unstored = retired.filter((id) => !witness.stored.includes(id) && !witness.completed.includes(id))
  return wrong(unstored.length > 0, `${unstored} retired without a manifest`)
}

const invCC6answeredOnce: Check = ({ before, event, after: { coordinator, witness }, effects }) => {
  const asked = heard(before.witness, event).asked
  const answers = all(effects, 'reply').map(({ params }) => params.requestId)
  if (new Set(answers).size !== answers.length) return `two answers in one step: ${answers}`
  for (const id of answers) {
    if (!asked.includes(id)) return `answers ${id}, which nobody asked`
    if (before.witness.answered.includes(id)) return `answers ${id} again`
  }
  const open = [
    ...coordinator.main.context.queue.map(({ requestId }) => requestId),
    ...coordinator.pending.map(({ snapshot }) => snapshot.context.requestId),
  ]
  const lost = witness.asked.filter((id) => !witness.answered.includes(id) && !open.includes(id))
  return wrong(lost.length > 0, `forgot to answer ${lost}`)
}

const invCC7endsOnce: Check = ({ before, after: { witness, coordinator }, effects }) => {
  for (const { params } of all(effects, 'announce')) {
    if (params.type !== 'completed' && params.type !== 'aborted') continue
    const { checkpointId: id } = params
    if (before.witness.completed.includes(id) || before.witness.aborted.includes(id)) return `${id} ended before`
  }
  const both = witness.completed.filter((id) => witness.aborted.includes(id))
  if (both.length > 0) return `${both} completed and aborted`
  const pending = coordinator.pending.map(({ id }) => id)
  const lost = Object.keys(witness.kinds)
    .map((id) => Number(id) as CheckpointId)
    .filter((id) => !pending.includes(id) && !witness.completed.includes(id) && !witness.aborted.includes(id))
  return wrong(lost.length > 0, `${lost} vanished`)
}

const invCC8settledOnce: Check = ({ before, event, after: { witness, coordinator }, effects }) => {
  const told = all(effects, 'settled')
  if (told.length > heard(before.witness, event).owesSettled) return 'settled though nobody waits for it'
  for (const { params } of told) {
    if (coordinator.pending.length > 0) return 'settled with checkpoints in flight'
    const restorable = witness.completed.filter((id) => witness.kinds[id] !== 'savepoint')
    const newest = restorable.length === 0 ? undefined : Math.max(...restorable)
    if (params.latest !== newest) return `settled with ${params.latest}, the newest is ${newest}`
  }
  return undefined
}

const invCC9timeoutWhileCollecting: Check = ({ after: { coordinator, witness } }) => {
  const collecting = coordinator.pending.filter(({ snapshot }) => snapshot.value === 'collecting')
  const expected = collecting.map(({ id }) => `timeout/${id}`)
  const set = witness.timers.filter((name) => name.startsWith('timeout/'))
  return wrong(`${expected}` !== `${set}`, `timers set: ${set}, collecting: ${expected}`)
}

const invCC10nothingBeginsAtTheEnd: Check = ({ before, effects }) => {
  const name = stateName(before.coordinator.main.value)
  const quiet = !name.startsWith('active.running') && name !== 'inactive'
  return wrong(quiet && all(effects, 'triggerBarrier').length > 0, `began a checkpoint while ${name}`)
}

const invCC11newestIsKept: Check = ({ before, after: { coordinator }, effects }) => {
  const { completed } = coordinator.main.context
  const gone = all(effects, 'retire').flatMap(({ params }) => params.checkpointIds)
  const lost = completed.filter((id) => gone.includes(id))
  if (lost.length > 0) return `${lost} retired though kept`
  const [old, now] = [before.coordinator.main.context.completed.at(-1) ?? 0, completed.at(-1) ?? 0]
  return wrong(now < old, `newest restore point went from ${old} to ${now}`)
}

const invCC12manifestNeedsAll: Check = ({ before, after: { witness }, effects }) => {
  for (const { params } of all(effects, 'putManifest')) {
    const entry = before.coordinator.pending.find(({ id }) => id === params.checkpointId)
    const { participants = [], attempt } = entry?.snapshot.context ?? {}
    const missing = participants.filter(
      ({ subtask }) => !witness.acknowledged.includes(`${params.checkpointId} ${subtask} ${attempt}`),
    )
    if (participants.length === 0 || missing.length > 0 || params.states.length !== participants.length) {
      return `manifest of ${params.checkpointId} without ${missing.map(({ subtask }) => subtask)}`
    }
  }
  return undefined
}

/** Between two starts of savepoints a waiting checkpoint that could start does: none that could is left by any step. */
const invCC13nobodyWaitsBesideRoom: Check = ({ after: { coordinator } }) => {
  if (!stateName(coordinator.main.value).startsWith('active.running')) return undefined
  const { queue, config, cleaning } = coordinator.main.context
  if (cleaning.length > config.maxConcurrent) return undefined
  const { checkpoints, savepoints } = pendingOf(coordinator)
  const left = queue.filter(({ kind }) => {
    if (config.unaligned !== undefined) return checkpoints + savepoints < config.maxConcurrent
    return isSavepoint(kind) ? savepoints < config.savepointsMax : checkpoints < config.maxConcurrent
  })
  return wrong(
    left.length > 0,
    `${left.map(({ origin, kind }) => `${origin} ${kind}`)} waits beside ${checkpoints} checkpoints, ${savepoints} savepoints`,
  )
}

const invCC14savepointsInTurn: Check = ({ before, event, after: { coordinator } }) => {
  const { lastId, queue } = before.coordinator.main.context
  const waiting = queue.filter(({ kind }) => isSavepoint(kind)).map(({ requestId }) => requestId)
  if (event.type === 'checkpoint.requested') waiting.push(event.requestId)
  const begun = coordinator.pending
    .filter(({ id, snapshot }) => id > lastId && isSavepoint(snapshot.context.kind))
    .map(({ snapshot }) => snapshot.context.requestId)
  return wrong(`${begun}` !== `${waiting.slice(0, begun.length)}`, `began ${begun}, though waiting were ${waiting}`)
}

const invCC15cleaningHoldsBack: Check = ({ event, before, after: { coordinator, witness }, effects }) => {
  const { config } = coordinator.main.context
  const withdrawing = coordinator.pending.filter(({ snapshot }) => snapshot.value.startsWith('withdrawing'))
  const cleaning = [...coordinator.main.context.cleaning, ...withdrawing.map(({ id }) => id)]
  if (`${[...cleaning].sort()}` !== `${witness.cleaning}`)
    return `counts ${cleaning}, being removed: ${witness.cleaning}`
  const left = heard(before.witness, event).cleaning.length
  return wrong(
    left > config.maxConcurrent && all(effects, 'triggerBarrier').length > 0,
    `began a checkpoint while ${left} are being removed`,
  )
}

const invCC16withdrawnFirst: Check = ({ before, event, effects }) => {
  for (const { params } of all(effects, 'announce')) {
    if (params.type !== 'aborted' || !isStop(params.kind)) continue
    const { checkpointId: id } = params
    if (!before.witness.stored.includes(id)) continue
    if (event.type !== 'storage.cleaned' || !event.checkpointIds.includes(id)) return `${id} aborted, but not removed`
    const name = stateName(before.coordinator.main.value)
    const over = name === 'ending' || name === 'settlingToEnd'
    const gone = event.failed === undefined && !event.kept.includes(id)
    if (!gone && !over && all(effects, 'failJob').length === 0) return `${id} is left`
  }
  return undefined
}

/** A step that changes nothing says so. */
const nothingIsSilent: Check = ({ before, after, effects }) =>
  wrong(
    effects.length === 0 && coordinatorKey(before.coordinator) === coordinatorKey(after.coordinator),
    'the event had no effect and no report',
  )

export const invariants: readonly Check[] = [
  invCC1idsRise,
  invCC2boundedConcurrency,
  invCC3quietMeansEmpty,
  invCC4notifyAfterDurable,
  invCC5nothingStoredIsDiscarded,
  invCC6answeredOnce,
  invCC7endsOnce,
  invCC8settledOnce,
  invCC9timeoutWhileCollecting,
  invCC10nothingBeginsAtTheEnd,
  invCC11newestIsKept,
  invCC12manifestNeedsAll,
  invCC13nobodyWaitsBesideRoom,
  invCC14savepointsInTurn,
  invCC15cleaningHoldsBack,
  invCC16withdrawnFirst,
  nothingIsSilent,
]
