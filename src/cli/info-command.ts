/** `tidemark info`: prints the plan of a job file without running it. */
import { resolve } from 'node:path'
import { buildJobGraph } from '../graph/build-job-graph.ts'
import { planJson } from '../graph/plan-json.ts'
import { planMermaid } from '../graph/plan-mermaid.ts'
import { planText } from '../graph/plan-text.ts'
import { effectiveOptions } from '../job/effective-options.ts'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { UsageError } from './flags.ts'
import { loadJob } from './load-job.ts'
import { parallelismFlag, readParallelism } from './run-options.ts'

export const infoCommand: Command = {
  name: 'info',
  usage: '[--json | --mermaid] <job file> [arguments]',
  about: 'Shows the plan of a job: operators, their ids, chains, and what to mend before the first savepoint.',
  example: 'tidemark info --mermaid job.ts',
  stopAtArgument: true,
  flags: [
    { names: ['--json'], value: 'none', about: 'As JSON.' },
    { names: ['--mermaid'], value: 'none', about: 'As a Mermaid flow chart.' },
    parallelismFlag,
    defineFlag,
  ],
  run: info,
}

async function info(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  // The format may stand after the file, too: a plan needs no arguments of the kind.
  const formats = ['--json', '--mermaid']
  const [file, ...rest] = flags.args
  if (file === undefined) throw new UsageError('Missing job file: name the TypeScript or JavaScript file of the job.')
  const asked = formats.filter((format) => flags.has(format) || rest.includes(format))
  if (asked.length > 1) throw new UsageError('Options --json and --mermaid exclude each other.')
  readParallelism(invocation)
  const args = rest.filter((word) => !formats.includes(word))
  const environment = await loadJob(resolve(context.cwd, file), args, context.importModule)
  const options = await invocation.sessionOptions()
  const { program, name } = effectiveOptions(environment, {}, options, false)
  const graph = buildJobGraph(program, name)
  const text =
    asked[0] === '--json'
      ? JSON.stringify(planJson(graph), null, 2)
      : asked[0] === '--mermaid'
        ? planMermaid(graph).trimEnd()
        : planText(graph)
  invocation.print(text)
  return 0
}
