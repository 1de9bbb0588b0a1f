/**
 * `npm run nexmark -- [--queries q0,q5] [--events 100000] [--seed 1]`: runs queries and prints some of their rows.
 *
 * `npm run nexmark -- --verify [--queries q0,q5] [--events 1000000] [--parallelism 1,2,4] [--backends heap,lmdb]
 * [--groups 1,500] [--seed 1] [--rate 10000] [--jobs 1] [--keep]`: each query in every combination goes through a kill, a savepoint and
 * another parallelism. What it commits is compared with its reference, row by row.
 */
import { cpus } from 'node:os'
import { ArgumentError, readArguments } from './arguments.ts'
import { show } from './show.ts'
import { verify } from './verify.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)
try {
  const args = readArguments(process.argv.slice(2))
  print(`seed ${args.seed}, ${args.events} events, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`)
  const good = args.verify ? await verify(args, print) : await show(args, print)
  process.exitCode = good ? 0 : 1
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
