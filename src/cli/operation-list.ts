/** `tidemark savepoint --pending`: the savepoints and stops of a job that are under way, and the last that have ended. */
import type { Invocation } from './command.ts'
import { printable } from './context.ts'
import { explaining } from './failure.ts'
import { jobIdOf, noMoreThan } from './job-argument.ts'
import { footer, formatTime } from './list-command.ts'

interface ListedOperation {
  readonly 'request-id': string
  readonly kind: string
  readonly 'target-directory': string | null
  readonly 'start-time': number
  readonly status: { readonly id: string }
  readonly operation?: {
    readonly location?: string
    readonly 'failure-cause'?: { readonly class: string; readonly 'stack-trace': string }
  }
}

const recentShown = 20

export async function listOperations(invocation: Invocation): Promise<number> {
  const jobId = jobIdOf(invocation.flags.args[0], 'list savepoints of')
  noMoreThan(1, invocation.flags.args)
  const client = invocation.client()
  invocation.print('Waiting for response...')
  const { operations } = await explaining(`Failed to list the savepoints of job ${jobId}`, () =>
    client.request<{ operations: readonly ListedOperation[] }>('GET', `/jobs/${jobId}/savepoints`),
  )
  const isPending = ({ status }: ListedOperation) => status.id === 'IN_PROGRESS'
  section(invocation, 'Pending', operations.filter(isPending))
  section(invocation, 'Recent', operations.filter((one) => !isPending(one)).slice(0, recentShown))
  return 0
}

function section(invocation: Invocation, title: string, operations: readonly ListedOperation[]): void {
  if (operations.length === 0) {
    invocation.print(`No ${title.toLowerCase()} savepoints.`)
    return
  }
  const heading = ` ${title} Savepoints `
  const dashes = footer.length - heading.length
  invocation.print('-'.repeat(Math.floor(dashes / 2)) + heading + '-'.repeat(Math.ceil(dashes / 2)))
  for (const operation of operations) invocation.print(printable(row(operation)))
  invocation.print(footer)
}

function row(listed: ListedOperation): string {
  const { kind, operation } = listed
  const facts = [formatTime(listed['start-time']), listed['request-id'], kind]
  if (operation === undefined)
    return [...facts, `to ${listed['target-directory'] ?? 'the configured place'}`].join(' : ')
  const failure = operation['failure-cause']
  const made = operation.location === undefined ? [] : [operation.location]
  return [...facts, ...made, ...(failure === undefined ? [] : [`${failure.class}: ${failure['stack-trace']}`])].join(
    ' : ',
  )
}
