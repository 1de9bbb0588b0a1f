/** INV-SP-1 to INV-SP-3 of `src/machines/savepoint-store/machine.ts` as monitors. */
import type { SavepointEffect, SavepointEvent } from '../../../src/machines/savepoint-store/protocol.ts'
import { type AnyMonitor, monitor, Wrong } from '../monitored-walk.ts'

type SavepointMonitor = AnyMonitor<SavepointEvent, SavepointEffect>

const watch = <Memory>(
  name: string,
  start: Memory,
  step: (memory: Memory, event: SavepointEvent, effects: readonly SavepointEffect[], state: string) => Memory | Wrong,
): SavepointMonitor => monitor<Memory, SavepointEvent, SavepointEffect>(name, start, step)

/** Which answers end which step; `step.failed` ends any. */
const answerTo: Readonly<Record<string, SavepointEvent['type']>> = {
  reserveName: 'name.reserved',
  pinCheckpoint: 'checkpoint.pinned',
  publishPointer: 'pointer.published',
  copyState: 'state.copied',
  publishManifest: 'manifest.published',
  removePointer: 'pointer.removed',
  clearPlace: 'place.cleared',
  unpinCheckpoint: 'checkpoint.unpinned',
}

const pinBeforePointer = watch(
  'INV-SP-1 no pointer without a pin',
  { pin: 'no', pointer: 'no', underWay: '' },
  (memory, event, effects, state) => {
    let { pin, pointer, underWay } = memory
    if (event.type === 'savepoint.found' && state === 'published' && pin === 'no' && event.checkpointPath !== undefined)
      [pin, pointer] = ['yes', 'yes']
    if (event.type === answerTo[underWay]) {
      if (underWay === 'pinCheckpoint') pin = 'yes'
      if (underWay === 'publishPointer') pointer = 'yes'
      if (underWay === 'removePointer' || underWay === 'clearPlace') pointer = 'no'
      underWay = ''
    } else if (event.type === 'step.failed' && underWay !== '') {
      if (underWay === 'removePointer' && event.code === 'SAVEPOINT_NOT_FOUND') pointer = 'no'
      underWay = ''
    }
    for (const effect of effects) {
      if (effect.type === 'publishPointer' && pin !== 'yes') return new Wrong('published before it is pinned')
      if (effect.type === 'publishPointer') pointer = 'perhaps'
      if (effect.type === 'unpinCheckpoint' && pointer !== 'no')
        return new Wrong(`unpinned, is there a pointer? ${pointer}`)
      if (effect.type in answerTo) underWay = effect.type
    }
    return { pin, pointer, underWay }
  },
)

const one = (requestId: string) =>
  watch(
    `INV-SP-2 one answer to "${requestId}"`,
    { open: 0, there: false, gone: false },
    (memory, event, effects, state) => {
      let { open, there, gone } = memory
      if ('requestId' in event && event.requestId === requestId) open++
      there ||= event.type === 'pointer.published' || event.type === 'manifest.published'
      gone ||= event.type === 'pointer.removed'
      gone ||= event.type === 'step.failed' && event.code === 'SAVEPOINT_NOT_FOUND'
      for (const effect of effects) {
        if (effect.type !== 'reply' || effect.params.requestId !== requestId) continue
        open--
        const { type } = effect.params.outcome
        if (type === 'published' && !there) return new Wrong('published with nothing to show')
        if (type === 'disposed' && !gone) return new Wrong('disposed with its pointer')
      }
      if (open < 0) return new Wrong('a second answer')
      const atRest = ['absent', 'published', 'discarded', 'abandoned'].includes(state)
      return atRest && open > 0 ? new Wrong(`no answer in ${state}`) : { open, there, gone }
    },
  )

const oneStep = watch('INV-SP-3 one step at a time', '', (memory, event, effects, state) => {
  let underWay = event.type === answerTo[memory] || event.type === 'step.failed' ? '' : memory
  for (const { type } of effects) {
    if (!(type in answerTo)) continue
    if (underWay !== '') return new Wrong(`${type} during ${underWay}`)
    underWay = type
  }
  const atRest = ['absent', 'published', 'discarded', 'abandoned'].includes(state)
  return atRest === (underWay === '') ? underWay : new Wrong(`in ${state} the step under way is "${underWay}"`)
})

const copiedBeforeManifest = watch(
  'INV-SP-4 no manifest without the state',
  { underWay: '', pinned: false, copied: false },
  (memory, event, effects) => {
    let { underWay, pinned, copied } = memory
    if (event.type === answerTo[underWay]) {
      if (underWay === 'pinCheckpoint') pinned = true
      if (underWay === 'unpinCheckpoint') pinned = false
      if (underWay === 'copyState') copied = true
      underWay = ''
    } else if (event.type === 'step.failed') underWay = ''
    for (const { type } of effects) {
      if (type === 'copyState' && !pinned) return new Wrong('copied while nothing keeps the checkpoint')
      if (type === 'publishManifest' && !(pinned && copied)) return new Wrong('a manifest of what is not copied')
      if (type in answerTo) underWay = type
    }
    return { underWay, pinned, copied }
  },
)

export const savepointInvariants: readonly SavepointMonitor[] = [
  pinBeforePointer,
  ...['create', 'another', 'copy', 'dispose', 'second disposal'].map(one),
  oneStep,
  copiedBeforeManifest,
]
