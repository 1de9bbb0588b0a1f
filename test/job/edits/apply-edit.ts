/** Edits of a program, as people make them. */
import type { Edited, Picks } from './edited.ts'
import { graphEdits } from './graph-edits.ts'
import { stateEdits } from './state-edits.ts'

const edits = { ...graphEdits, ...stateEdits }

export type EditType = keyof typeof edits

export interface Edit extends Picks {
  readonly type: EditType
}

export const editTypes = Object.keys(edits) as readonly EditType[]

/** Those that most programs survive. */
export const usualEdits: readonly EditType[] = [
  'insert',
  'remove',
  'swap',
  'chaining',
  'rename uid',
  'parallelism',
  'program parallelism',
  'any max parallelism',
  'rename state',
  'move state',
  'version',
  'kind',
  'kind and version',
  'time to live',
]

export const applyEdit = (edited: Edited, { type, ...picks }: Edit): Edited => edits[type](edited, picks)
