/** Every rule: its name, the order that a failure shows, and the list that makes exceptions. */
import {
  findBrokenLinks,
  findBrokenPackagePaths,
  findUndocumentedDependencies,
  findUntestedGuarantees,
} from './document-rules.ts'
import {
  findCycles,
  findDiskImports,
  findOrphans,
  findRankOffences,
  findUntested,
  findXstateImports,
} from './import-rules.ts'
import { covers, emptyLists, type Lists } from './lists.ts'
import type { Offence, Repository } from './repository.ts'
import {
  findBannedCalls,
  findBannedNames,
  findImpureMachines,
  findLongFiles,
  findUnfinished,
  findUntyped,
  findUnusedErrorCodes,
  findWorkplaceWords,
} from './text-rules.ts'

export interface Rule {
  readonly name: string
  /** What stands above a failure. */
  readonly title: string
  /** The exceptions to it, each of which must be needed. */
  readonly list?: keyof Lists
  readonly find: (repository: Repository, lists: Lists) => readonly Offence[]
}

export const rules: readonly Rule[] = [
  { name: 'ranks', title: 'imports point to the own folder or a lower rank', find: findRankOffences },
  { name: 'cycles', title: 'run-time imports have no cycle', find: findCycles },
  { name: 'length', title: 'files stay short', list: 'longFiles', find: findLongFiles },
  { name: 'names', title: 'files are named after what they export', find: findBannedNames },
  {
    name: 'calls',
    title: 'time, randomness, timers and printing are kept apart',
    list: 'bannedCalls',
    find: findBannedCalls,
  },
  { name: 'disk', title: 'disk and network are kept at the edges', find: findDiskImports },
  { name: 'xstate', title: 'only step.ts and the charts import xstate', find: findXstateImports },
  { name: 'machines', title: 'machines start nothing and wait for nothing', find: findImpureMachines },
  {
    name: 'unfinished',
    title: 'nothing is left unfinished, focused or skipped without a reason',
    find: findUnfinished,
  },
  { name: 'untyped', title: 'the compiler is not silenced', find: findUntyped },
  { name: 'orphans', title: 'every file is imported by another', list: 'entryPoints', find: findOrphans },
  { name: 'untested', title: 'every file has a test that imports it', list: 'untested', find: findUntested },
  { name: 'links', title: 'relative links in documents resolve', find: findBrokenLinks },
  { name: 'package', title: 'package.json names files that exist, types first', find: findBrokenPackagePaths },
  {
    name: 'dependencies',
    title: 'every dependency has its line in docs/DEPENDENCIES.md',
    find: findUndocumentedDependencies,
  },
  { name: 'guarantees', title: 'every guarantee links its test', find: findUntestedGuarantees },
  { name: 'words', title: 'the text makes sense to a stranger', find: findWorkplaceWords },
  { name: 'codes', title: 'every error code is reported somewhere', find: findUnusedErrorCodes },
]

/** Entries of the lists that allow nothing: the file is gone, or does not need its exception. */
export const findStaleEntries = (repository: Repository, lists: Lists): readonly Offence[] =>
  rules.flatMap(({ list, find }) => {
    if (list === undefined) return []
    const offences = find(repository, emptyLists)
    return Object.keys(lists[list])
      .filter((entry) => !offences.some(({ file }) => covers(entry, file)))
      .map((entry) => ({ file: 'test/tidy/lists.ts', line: undefined, what: `${list} lists ${entry} for nothing` }))
  })

export const describeOffence = ({ file, line, what }: Offence): string =>
  `${file}${line === undefined ? '' : `:${line}`} ${what}`
