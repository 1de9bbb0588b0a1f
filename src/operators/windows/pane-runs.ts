/**
 * Panes that follow each other, kept as one value: the number of the first, and what each holds, undefined where it holds nothing.
 *
 * A run begins with a pane that holds something, so that a key with few records keeps little. It has no more than `runPanes`: those
 * whose numbers have the same `runOf`. Runs are values of states, so every change makes another one.
 * Pure functions. Tests: test/operators/windows/pane-runs.test.ts.
 */
export type PaneRun = readonly [first?: number, ...contents: unknown[]]

export const noPanes: PaneRun = []

/** Few enough to be read and written with each pane, and enough for few runs. */
const runPanes = 32

/** Which run the pane is in. */
export const runOf = (pane: number): number => Math.floor(pane / runPanes)

/** The pane behind the last one of a run that has panes. */
const afterLast = (run: PaneRun): number => run[0]! + run.length - 1

/** The first pane that can be in the run of this number. */
export const firstOf = (run: number): number => run * runPanes

/** What the pane holds, which may be outside of the run. */
export function contentsIn(run: PaneRun, pane: number): unknown {
  const first = run[0]
  return first === undefined || pane < first ? undefined : run[pane - first + 1]
}

/** The first pane that holds something, from `pane` on. */
export function nextFilled(run: PaneRun, pane: number): number | undefined {
  const first = run[0]
  if (first === undefined) return undefined
  const after = afterLast(run)
  for (let at = Math.max(pane, first); at < after; at++) if (run[at - first + 1] !== undefined) return at
  return undefined
}

/** With these contents in the pane, which the run need not have had. */
export function withPane(run: PaneRun, pane: number, contents: unknown): PaneRun {
  const before = run[0]
  if (before === undefined) return [pane, contents]
  const first = Math.min(before, pane)
  const shift = before - first
  const changed: unknown[] = new Array(Math.max(run.length + shift, pane - first + 2))
  changed[0] = first
  for (let i = 1; i < changed.length; i++) changed[i] = i > shift ? run[i - shift] : undefined
  changed[pane - first + 1] = contents
  return changed as unknown as PaneRun
}

/** To a run that is being made: a pane behind those that it has. */
export function appendPane(run: unknown[], pane: number, contents: unknown): void {
  if (run.length === 0) run.push(pane)
  const gap = pane - (run[0] as number) + 1
  while (run.length < gap) run.push(undefined)
  run.push(contents)
}

/** From `pane` on, without those before. */
export function runFrom(run: PaneRun, pane: number): PaneRun {
  const first = nextFilled(run, pane)
  if (first === undefined) return noPanes
  return first === run[0] ? run : [first, ...run.slice(first - run[0]! + 1)]
}

/** With what `change` gives for the contents of each pane that holds something, the last one first. */
export function changedRun(run: PaneRun, change: (contents: unknown, pane: number) => unknown): PaneRun {
  const changed = run.slice()
  for (let i = run.length - 1; i > 0; i--) {
    if (run[i] !== undefined) changed[i] = change(run[i], run[0]! + i - 1)
  }
  return changed as unknown as PaneRun
}
