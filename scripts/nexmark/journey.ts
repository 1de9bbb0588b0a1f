/** The way of one query through two processes, of which the first is killed with SIGKILL in the middle of its input. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Random } from '../../src/core/random.ts'
import type { Report, Task } from './job.ts'

export interface Journey {
  readonly killed: boolean
  readonly stopped: boolean
  readonly status: string | undefined
  readonly warnings: readonly string[]
}

/** What is drawn, rather than said, of a task. */
type Drawn = 'second' | 'interruptBy' | 'delayMs' | 'savepointFormat'

/** Fails when a job fails. */
export async function journey(task: Omit<Task, Drawn>, random: Random): Promise<Journey> {
  const draw = (second: boolean): Task => ({
    ...task,
    second,
    interruptBy: Math.floor(task.events * (0.25 + random.next() * 0.15)),
    delayMs: random.int(0, 60),
    savepointFormat: random.next() < 0.5 ? 'pointer' : 'self-contained',
  })
  const first = await live(draw(false))
  const second = await live(draw(true))
  return { ...second, killed: first.killed, warnings: [...first.warnings, ...second.warnings] }
}

/** One process, until it ends by itself or by SIGKILL. */
function live(task: Task): Promise<Journey> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./job.ts', import.meta.url)), [JSON.stringify(task)])
    const warnings: string[] = []
    let [killed, stopped] = [false, false]
    let end: Extract<Report, { type: 'end' }> | undefined
    child.on('message', (report: Report) => {
      if (report.type === 'warning') warnings.push(report.message)
      if (report.type === 'due' && !task.second) killed = child.kill('SIGKILL')
      if (report.type === 'stopped') stopped = true
      if (report.type === 'end') end = report
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (end?.message !== undefined) reject(new Error(`${end.status}: ${end.message}`))
      else if (end === undefined && signal !== 'SIGKILL') reject(new Error(`exit code ${code}. ${warnings.join(' ')}`))
      else resolve({ killed: killed && signal === 'SIGKILL', stopped, status: end?.status, warnings })
    })
  })
}
