/** `tidemark list`: the jobs of a session, by what they are doing. */
import { addressFlag, type Command, defineFlag, type Invocation } from './command.ts'
import { printable } from './context.ts'
import { explaining } from './failure.ts'

interface ListedJob {
  readonly jid: string
  readonly name: string
  readonly state: string
  readonly 'start-time': number
}

export const footer = '-'.repeat(62)
const scheduledStates = ['CREATED', 'INITIALIZING']
const terminatedStates = ['FINISHED', 'CANCELED', 'FAILED']

export const listCommand: Command = {
  name: 'list',
  usage: '[-r] [-s] [-a]',
  about: 'Lists the running and scheduled jobs of a session.',
  example: 'tidemark list -a',
  flags: [
    { names: ['-r', '--running'], value: 'none', about: 'Only running jobs.' },
    { names: ['-s', '--scheduled'], value: 'none', about: 'Only scheduled jobs.' },
    { names: ['-a', '--all'], value: 'none', about: 'Terminated jobs, too.' },
    addressFlag,
    defineFlag,
  ],
  run: list,
}

async function list(invocation: Invocation): Promise<number> {
  const { flags } = invocation
  const all = flags.has('--all')
  const both = all || flags.has('--running') === flags.has('--scheduled')
  const client = invocation.client()
  invocation.print('Waiting for response...')
  const { jobs } = await explaining('Failed to retrieve job list', () =>
    client.request<{ jobs: readonly ListedJob[] }>('GET', '/jobs/overview'),
  )
  const sorted = jobs.toSorted((a, b) => a['start-time'] - b['start-time'])
  const of = (states: readonly string[]) => sorted.filter(({ state }) => states.includes(state))
  const running = sorted.filter(({ state }) => ![...scheduledStates, ...terminatedStates].includes(state))
  if (both || flags.has('--running')) {
    section(invocation, '------------------ Running/Restarting Jobs -------------------', running, 'No running jobs.')
  }
  if (both || flags.has('--scheduled')) {
    const scheduled = of(scheduledStates)
    section(
      invocation,
      '----------------------- Scheduled Jobs -----------------------',
      scheduled,
      'No scheduled jobs.',
    )
  }
  const terminated = all ? of(terminatedStates) : []
  if (terminated.length > 0) {
    section(invocation, '---------------------- Terminated Jobs -----------------------', terminated, '')
  }
  return 0
}

function section(invocation: Invocation, header: string, jobs: readonly ListedJob[], none: string): void {
  if (jobs.length === 0) {
    invocation.print(none)
    return
  }
  invocation.print(header)
  for (const job of jobs) {
    invocation.print(`${formatTime(job['start-time'])} : ${job.jid} : ${printable(job.name)} (${job.state})`)
  }
  invocation.print(footer)
}

/** Local time as `dd.MM.yyyy HH:mm:ss`. */
export function formatTime(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${two(date.getDate())}.${two(date.getMonth() + 1)}.${date.getFullYear()}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
