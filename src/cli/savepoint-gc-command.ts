/** `tidemark savepoint gc`: what in a directory of checkpoints nobody needs, and what holds the rest. */
import { nodeFileSystem } from '../backends/file-system.ts'
import type { LeaseNote } from '../backends/lease.ts'
import { pluginScheme } from '../backends/place-url.ts'
import { collectGarbage, isHeld } from '../savepoint/collect-garbage.ts'
import { type GarbageLine, garbageIn, type JobGarbage, oddSavepointsIn } from '../savepoint/garbage.ts'
import type { Command, Invocation } from './command.ts'
import { printable } from './context.ts'
import { UsageError } from './flags.ts'
import { pathFrom } from './job-argument.ts'
import { type Print, printing } from './printing.ts'
import { checkDirectory } from './savepoint-argument.ts'

export const savepointGcCommand: Command = {
  name: 'savepoint gc',
  usage: '[--dry-run] <checkpoint directory> [savepoint directory...]',
  about:
    'Deletes what jobs that are not running have left in a directory of checkpoints and nobody needs. Needs no session.',
  example: 'tidemark savepoint gc --dry-run /data/checkpoints /data/savepoints',
  flags: [
    { names: ['--dry-run'], value: 'none', about: 'Delete nothing; say what is an orphan, and what holds the rest.' },
  ],
  run: gc,
}

async function gc(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  const [checkpoints, ...savepoints] = flags.args.map((path) => pathFrom(context.cwd, path))
  if (checkpoints === undefined) throw new UsageError('Missing argument: a directory of checkpoints.')
  const place = flags.args.find((path) => pluginScheme(path) !== undefined)
  if (place !== undefined) {
    throw new UsageError(
      `${place} is not a directory: what a plugin keeps is swept by the jobs that have their checkpoints there.`,
    )
  }
  for (const dir of [checkpoints, ...savepoints]) await checkDirectory(dir)
  const dry = flags.has('--dry-run')
  return printing(context.stdout, async (print) => {
    let orphans = 0
    for await (const job of garbageIn(nodeFileSystem, checkpoints)) {
      const running = isHeld(job.lease, context.isProcessAlive)
      await printJob(job, running, dry, print)
      orphans += running ? 0 : job.lines.filter(({ verdict }) => verdict === 'orphan').length
      if (dry || running || job.name === undefined || !job.lines.some(({ verdict }) => verdict === 'orphan')) continue
      const { clock, isProcessAlive } = context
      // Printing may have taken long, into a pager above all.
      const removed = await collectGarbage(nodeFileSystem, job.dir, { now: clock.now(), isProcessAlive })
      if (removed === undefined) await print('  left alone: a process has taken the job up meanwhile')
      for (const path of removed ?? []) await print(printable(`  deleted ${path}`))
    }
    for (const dir of savepoints) {
      for await (const line of oddSavepointsIn(nodeFileSystem, dir)) await print(printable(described(line)))
    }
    await print(orphans === 0 ? 'Nothing to delete.' : dry ? `Orphans: ${orphans}. Nothing was deleted.` : 'Done.')
    return 0
  })
}

async function printJob({ dir, name, lease, lines }: JobGarbage, running: boolean, dry: boolean, print: Print) {
  const named = name === undefined ? 'whose record cannot be read, so that it is left alone' : `"${printable(name)}"`
  await print(`job ${named} in ${printable(dir)}${running ? `, ${holderOf(lease)}: left alone` : ''}`)
  for (const line of lines) if (dry || line.verdict !== 'held') await print(`  ${printable(described(line))}`)
}

const holderOf = ({ pid, isBeingTaken }: LeaseNote): string =>
  isBeingTaken ? 'which a process was taking up' : `in process ${pid}`

const described = ({ path, verdict, why }: GarbageLine): string => `${verdict}  ${path}: ${why}`
