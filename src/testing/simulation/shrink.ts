/**
 * Makes a failing run small: first only its faults and actions are kept, each at about its moment; if the order of all
 * else matters, parts of the full list are left out as long as the run goes on failing (delta debugging). Then faults
 * that are not needed go, then records.
 *
 * What counts as the same failure is that the same checker objects; for the outline any checker will do, since what is
 * wrong may be noticed by another one first.
 */
import { type FaultName, faultKinds } from './fault-kinds.ts'
import { runSimulation } from './run-simulation.ts'
import type { SimulatedJob, SimulationOptions, SimulationReport } from './simulation-options.ts'

export interface ShrunkRun {
  readonly seed: number
  /** How the run was found. */
  readonly strategy: SimulationReport['strategy']
  readonly choices: readonly string[]
  /** The faults among the choices. */
  readonly faults: readonly string[]
  readonly records: number
  /** Who objects to the shrunk run, and what it says. */
  readonly checker: string
  readonly message: string
  /** Runs that were tried. */
  readonly replays: number
  readonly choicesBefore: number
}

/**
 * The smallest run found within `replaysMax` tries (default 300) that fails as `report` did; undefined when the run of
 * `report` does not fail again, which only a program that is not deterministic brings about.
 *
 * @example
 * const report = await simulate(job, { seed: 7 })
 * if (report.problems.length > 0) console.log((await shrink(job, { seed: 7 }, report))?.choices)
 */
export async function shrink(
  job: SimulatedJob,
  options: SimulationOptions,
  report: SimulationReport,
  replaysMax = 300,
): Promise<ShrunkRun | undefined> {
  const [problem] = report.problems
  if (problem === undefined) return undefined
  const search = new Search(
    job,
    { ...options, twice: false, maxSteps: report.steps * 3 + 5_000 },
    problem.checker,
    replaysMax,
  )
  if (!(await search.fails(report.choices, report.records))) return undefined
  if (!(await search.fails([], report.records))) {
    for (const kept of outlines) if (await search.fails(outlineOf(report.choices, kept), report.records, true)) break
    await search.shortest()
    await search.fewerChoices()
    await search.fewerFaults()
    await search.shorterWaits()
  }
  await search.fewerRecords()
  const { choices, records, message } = search
  return {
    seed: report.seed,
    strategy: report.strategy,
    choices,
    faults: choices.flatMap((choice) => (isFault(choice) ? [choice.replace('until ', '')] : [])),
    records,
    checker: search.checker,
    message,
    replays: search.replays,
    choicesBefore: report.choices.length,
  }
}

const isFault = (choice: string): boolean => choice.startsWith('fault ') || choice.startsWith('until fault ')

/** What an outline keeps: at first only what brings attempts and processes down, which is enough for most failures. */
const crashes: ReadonlySet<string> = new Set(['function-throws', 'subtask-crash', 'process-death', 'coordinator-crash'])
const outlines = [(fault: string) => crashes.has(fault), () => true]

/** What people do and what goes wrong, and how long it takes to get there. */
function outlineOf(choices: readonly string[], kept: (fault: string) => boolean): string[] {
  const outline: string[] = []
  let others = 0
  for (const choice of choices) {
    const fault = choice.startsWith('fault ') ? choice.split(' ')[1]! : undefined
    if (fault === undefined ? !choice.startsWith('act ') : !kept(fault)) {
      others++
      continue
    }
    if (others > 0) outline.push(`wait ${others}`)
    others = 0
    const waits = fault !== undefined && faultKinds[fault as FaultName].spontaneous !== true
    outline.push(waits ? `until ${choice}` : choice)
  }
  return outline
}

class Search {
  readonly #job: SimulatedJob
  readonly #options: SimulationOptions
  readonly #replaysMax: number
  checker: string
  replays = 0
  choices: readonly string[] = []
  records = 0
  message = ''

  constructor(job: SimulatedJob, options: SimulationOptions, checker: string, replaysMax: number) {
    this.#job = job
    this.#options = options
    this.checker = checker
    this.#replaysMax = replaysMax
  }

  /** Does the run of these choices fail in the same way? Then they are the ones to go on from. */
  async fails(choices: readonly string[], records: number, anyChecker = false): Promise<boolean> {
    if (this.replays >= this.#replaysMax) return false
    this.replays++
    const { report } = await runSimulation(this.#job, { ...this.#options, choices, records })
    const wanted = (checker: string) => checker === this.checker || (anyChecker && checker !== 'end')
    const problem = report.problems.find(({ checker }) => wanted(checker))
    if (problem === undefined) return false
    this.checker = problem.checker
    this.choices = choices
    this.records = records
    this.message = problem.message
    return true
  }

  /** The shortest beginning that leads to the failure, when what follows is left to itself. */
  async shortest(): Promise<void> {
    let [low, high] = [0, this.choices.length]
    const all = this.choices
    while (low < high) {
      const middle = (low + high) >> 1
      if (await this.fails(all.slice(0, middle), this.records)) high = middle
      else low = middle + 1
    }
  }

  /** Leaves out ever smaller parts, as long as it helps. */
  async fewerChoices(): Promise<void> {
    for (let size = this.choices.length >> 1; size >= 1; size >>= 1) {
      for (let from = 0; from < this.choices.length && this.replays < this.#replaysMax; ) {
        const rest = this.choices.toSpliced(from, size)
        if (!(await this.fails(rest, this.records))) from += size
      }
    }
  }

  async fewerFaults(): Promise<void> {
    for (let i = this.choices.length - 1; i >= 0; i--) {
      if (isFault(this.choices[i] ?? '')) await this.fails(this.choices.toSpliced(i, 1), this.records)
    }
  }

  async shorterWaits(): Promise<void> {
    for (let i = 0; i < this.choices.length; i++) {
      for (let steps = waitOf(this.choices[i]!) >> 1; steps > 0; steps >>= 1) {
        if (!(await this.fails(this.choices.with(i, `wait ${steps}`), this.records))) break
      }
    }
  }

  async fewerRecords(): Promise<void> {
    for (let records = this.records >> 1; records >= 1; records >>= 1) {
      if (!(await this.fails(this.choices, records))) return
    }
  }
}

const waitOf = (choice: string): number => (choice.startsWith('wait ') ? Number(choice.slice('wait '.length)) : 0)
