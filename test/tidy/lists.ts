/**
 * Who may do what the rules forbid, and why. A key that ends in `/` means every file under that folder. An exception
 * that is not needed (any more) is itself an offence, so this page stays true; `disk` and `xstate` are no exceptions
 * but the architecture, and may name what is not used yet.
 */
export type Reasons = Readonly<Record<string, string>>

export interface Lists {
  /** Files over 300 lines. Nothing may be over 500. */
  readonly longFiles: Reasons
  /** Files that may read the time, draw randomness, set timers or print. */
  readonly bannedCalls: Reasons
  /** Folders that may touch the disk or the network. */
  readonly disk: Reasons
  /** Files that may import xstate at run time; `*` is one path segment. */
  readonly xstate: Reasons
  /** Files of `src` that no other file imports, besides `index.ts` barrels. */
  readonly entryPoints: Reasons
  /** Files of `src` that no test imports directly. */
  readonly untested: Reasons
}

/** Imports point to the own folder or to a lower rank; folders of one rank do not see each other. */
export const ranks: Readonly<Record<string, number>> = {
  core: 0,
  graph: 1,
  machines: 1,
  backends: 1,
  operators: 2,
  program: 3,
  actors: 3,
  deployment: 4,
  connectors: 4,
  trace: 4,
  job: 5,
  savepoint: 5,
  testing: 6,
  rest: 6,
  cli: 7,
  web: 7,
}

export const lists: Lists = {
  longFiles: {
    'test/testing/checkers/protocol-run.ts': 'one protocol in miniature, to be read as a whole',
    'test/testing/checkers/mutations.ts': 'one list',
    'src/operators/windows/triggering.ts': 'two ways to trigger with one contract, to be compared line by line',
  },
  bannedCalls: {
    'src/core/clock.ts': 'the one place that reads the time and sets timers',
    'src/core/random.ts': 'the one place that draws entropy, for the seed of a real run',
    'src/actors/real-host.ts': 'the scheduler of real runs, which yields to the event loop',
    'test/actors/real-host.test.ts': 'plays the host, whose turns come between those of the scheduler',
    'src/cli/': 'prints for people, and waits for them',
  },
  disk: {
    'src/backends/': 'checkpoint and savepoint storage is files',
    'src/connectors/': 'sources and sinks read and write files',
    'src/rest/': 'serves HTTP',
    'src/cli/': 'reads job files and configuration, calls the REST API',
  },
  xstate: {
    'src/machines/step.ts': 'the one caller of xstate',
    'src/machines/*/machine.ts': 'a chart',
    'src/machines/checkpoint-coordinator/pending-machine.ts': 'the chart of one pending checkpoint',
    'src/machines/subtask/assignments.ts':
      'a chart needs `assign` for its changes of context; the chart itself is long enough',
  },
  entryPoints: {
    'src/cli/main.ts': 'started by bin/tidemark.js',
  },
  untested: {},
}

export const emptyLists: Lists = {
  longFiles: {},
  bannedCalls: {},
  disk: {},
  xstate: {},
  entryPoints: {},
  untested: {},
}

/** Does an entry of a list cover this path? */
export const covers = (entry: string, path: string): boolean =>
  entry.endsWith('/')
    ? path.startsWith(entry)
    : new RegExp(`^${entry.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]+')}$`).test(path)

export const isListed = (list: Reasons, path: string): boolean => Object.keys(list).some((entry) => covers(entry, path))
