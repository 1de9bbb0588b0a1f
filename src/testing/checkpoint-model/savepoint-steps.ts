/** The steps of one savepoint on the disk of the model, each at one moment. */
import type { Fact } from '../checkers/facts.ts'
import type { Output, Turn } from '../explorer/system.ts'
import { type Asked, answer } from './storage-failures.ts'
import type { StorageState } from './storage-model.ts'

const fact = (one: Fact): Output => ({ type: 'fact', fact: one })

/** `letGo`: the checkpoint goes, for the job does not need it and the last pin is gone. */
export function savepointStep(
  state: StorageState,
  message: Extract<Asked, { type: 'savepoint.step' }>,
  letGo: (state: StorageState) => Turn<StorageState>,
): Turn<StorageState> {
  const { key, step, checkpointId, savepoint } = message
  const stepped = (event: object): Output => answer('savepoints', { type: 'savepoint.stepped', key, event })
  const missing = (code: string): Turn<StorageState> => ({
    state,
    outputs: [stepped({ type: 'step.failed', code, message: 'failed' })],
  })
  const holders = state.pins[checkpointId] ?? []
  switch (step) {
    case 'reserve':
      return { state, outputs: [stepped({ type: 'name.reserved', path: savepoint })] }
    case 'pin':
      if (state.manifests[checkpointId] === undefined) return missing('CHECKPOINT_NOT_FOUND')
      return {
        state: { ...state, pins: { ...state.pins, [checkpointId]: [...new Set([...holders, savepoint])] } },
        outputs: [fact({ type: 'pinned', checkpointId, savepoint }), stepped({ type: 'checkpoint.pinned' })],
      }
    case 'publish':
      if (state.manifests[checkpointId] === undefined) return missing('CHECKPOINT_NOT_FOUND')
      return {
        state: { ...state, pointers: { ...state.pointers, [savepoint]: checkpointId } },
        outputs: [
          fact({ type: 'savepoint.published', checkpointId, savepoint }),
          stepped({ type: 'pointer.published' }),
        ],
      }
    case 'copy':
      if (state.manifests[checkpointId] === undefined) return missing('CHECKPOINT_NOT_FOUND')
      return {
        state: { ...state, copies: { ...state.copies, [savepoint]: 'copied' } },
        outputs: [stepped({ type: 'state.copied' })],
      }
    case 'seal':
      if (state.manifests[checkpointId] === undefined) return missing('CHECKPOINT_NOT_FOUND')
      return {
        state: { ...state, copies: { ...state.copies, [savepoint]: 'sealed' } },
        outputs: [fact({ type: 'savepoint.sealed', checkpointId, savepoint }), stepped({ type: 'manifest.published' })],
      }
    case 'clear': {
      const there = state.pointers[savepoint] !== undefined
      return {
        state: {
          ...state,
          pointers: without(state.pointers, savepoint),
          copies: without(state.copies, savepoint),
        },
        outputs: [
          ...(there ? [fact({ type: 'savepoint.removed', checkpointId, savepoint })] : []),
          stepped({ type: 'place.cleared' }),
        ],
      }
    }
    case 'remove':
      if (state.copies[savepoint] === 'sealed') {
        return {
          state: { ...state, copies: without(state.copies, savepoint) },
          outputs: [stepped({ type: 'pointer.removed' })],
        }
      }
      if (state.pointers[savepoint] === undefined) return missing('SAVEPOINT_NOT_FOUND')
      return {
        state: { ...state, pointers: without(state.pointers, savepoint) },
        outputs: [fact({ type: 'savepoint.removed', checkpointId, savepoint }), stepped({ type: 'pointer.removed' })],
      }
    case 'unpin': {
      const left = holders.filter((holder) => holder !== savepoint)
      const pins = left.length > 0 ? { ...state.pins, [checkpointId]: left } : without(state.pins, `${checkpointId}`)
      const unpinned = { ...state, pins }
      const due = left.length === 0 && state.letGo.includes(checkpointId)
      const turn = due ? letGo(unpinned) : { state: unpinned, outputs: [] }
      const told = holders.includes(savepoint) ? [fact({ type: 'unpinned', checkpointId, savepoint })] : []
      return { state: turn.state, outputs: [...told, ...turn.outputs, stepped({ type: 'checkpoint.unpinned' })] }
    }
  }
}

/** What is left of a record. */
export const without = <T>(
  record: Readonly<Record<string, T>>,
  ...keys: readonly string[]
): Readonly<Record<string, T>> => Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)))
