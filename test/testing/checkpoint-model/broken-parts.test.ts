import { describe, expect, it } from 'vitest'
import { checkers } from '../../../src/testing/checkers/all-checkers.ts'
import { checkpointSystem } from '../../../src/testing/checkpoint-model/checkpoint-system.ts'
import { type CheckpointModelOptions, quiet } from '../../../src/testing/checkpoint-model/model-options.ts'
import { endings } from '../../../src/testing/checkpoint-model/model-properties.ts'
import { type KernelRules, trueParts, trueRules } from '../../../src/testing/checkpoint-model/protocol-parts.ts'
import { explore } from '../../../src/testing/explorer/explore.ts'
import { replay } from '../../../src/testing/explorer/replay.ts'

const options: CheckpointModelOptions = {
  ...quiet,
  periodic: 1,
  slow: ['manifests', 'writes', 'acknowledgements: sink', 'completions: sink'],
}

const broken: readonly {
  readonly what: string
  readonly rules: Partial<KernelRules>
  readonly options?: Partial<CheckpointModelOptions>
  readonly found: string
}[] = [
  { what: 'a blocked input is read', rules: { mayTake: ({ consuming }) => consuming }, found: 'S3' },
  { what: 'a snapshot is confirmed before it is on the disk', rules: { confirms: 'ordered' }, found: 'S6' },
  {
    what: 'a manifest is confirmed before it is on the disk',
    rules: { confirmsManifest: 'ordered' },
    found: 'S6',
  },
  {
    what: 'one subtask is given an older checkpoint than the others',
    rules: { restores: (subtask, wanted, stored) => (subtask === 'task' ? (stored[0] ?? wanted) : wanted) },
    options: { sources: 1, periodic: 2, crashes: 1, coordinator: { retained: 2 }, slow: [] },
    found: 'S9',
  },
  {
    what: 'output of a newer checkpoint is committed with an older one',
    rules: { commits: () => true },
    options: { periodic: 2, sources: 1, records: 2 },
    found: 'S11',
  },
  {
    what: 'a new process counts from the beginning again',
    rules: { lastId: () => 0 },
    options: { periodic: 2, deaths: 1, sources: 1 },
    found: 'S7',
  },
  {
    what: 'an older owner still writes',
    rules: { accepts: () => true },
    options: { deaths: 1, sources: 1, lingering: true },
    found: 'S16',
  },
]

describe('a broken part is found', () => {
  for (const { what, rules, options: more, found } of broken) {
    it(`${what}: ${found}`, () => {
      const parts = { ...trueParts, rules: { ...trueRules, ...rules } }
      const size = { ...options, ...more }
      const only = checkers.filter(({ name }) => name === found)
      const system = checkpointSystem(size, { parts, checkers: only })
      const { verdict, violation } = explore(system, [])
      expect({ verdict, property: violation?.property }).toEqual({ verdict: 'violated', property: found })
      expect(replay(system, [], violation!.path).violation?.property).toBe(found)
      const sound = explore(checkpointSystem(size, { checkers: only }), endings(size), { maxStates: 1_000_000 })
      expect(sound.violation).toBeUndefined()
    })
  }
})
