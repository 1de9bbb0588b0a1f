/**
 * A correct run of the protocol in miniature, by seed, as the facts of it: sources `a` and `b`, a task `t` that aligns, a
 * sink `k` that commits in two phases. Checkpoints, savepoints and a stop, acknowledgements that come late or twice,
 * expiry, failures of the job and deaths of the process at any time. It shares nothing with the code that it helps to check.
 */
import { Random } from '../../../src/core/random.ts'
import type { Fact } from '../../../src/testing/checkers/facts.ts'
import { channels, run, subtasks } from './history.ts'

type Kind = 'checkpoint' | 'savepoint' | 'stop-suspend'
type Element = { readonly record: { readonly stream: string; readonly at: number } } | { readonly barrier: number }
interface Transaction {
  readonly id: number
  readonly items: readonly { readonly stream: string; readonly first: number; readonly last: number }[]
}
/** What a checkpoint knows: positions of the sources, and transactions of the sink. */
interface Saved {
  readonly positions: Record<string, number>
  readonly transactions: readonly Transaction[]
}
interface Pending {
  readonly id: number
  readonly kind: Kind
  readonly saved: { positions: Record<string, number>; transactions: readonly Transaction[] }
  readonly waiting: Set<string>
  phase: 'collecting' | 'storing'
}

const perStream = 6
const streams = ['a', 'b']
const outputs = { a: perStream, b: perStream }

export function protocolRun(seed: number): readonly Fact[] {
  return new ProtocolRun(new Random(seed)).all()
}

class ProtocolRun {
  readonly #random: Random
  readonly #facts: Fact[] = []
  // On the disk.
  readonly #manifests = new Map<number, Saved>()
  readonly #bytes = new Set<number>()
  readonly #pinned = new Set<number>()
  #epoch = 0
  #requests = 0
  // In the process.
  #attempt = 0
  #lastId = 0
  #latest: number | undefined
  #pending: Pending[] = []
  #faults: number
  #stopping = false
  // In the attempt.
  #positions: Record<string, number> = {}
  #queues: Record<string, Element[]> = {}
  #counts: Record<string, { sent: number; consumed: number }> = {}
  #triggers: { subtask: string; id: number }[] = []
  #writing: { subtask: string; id: number }[] = []
  #acknowledgements: { subtask: string; id: number; again: boolean }[] = []
  #notices: { subtask: string; id: number; completed: boolean }[] = []
  #aligning: { id: number; arrived: string[] } | undefined
  /** Ids that are over for `t`: all up to the first, and those given up. */
  #handled = 0
  #given: number[] = []
  #silent = new Set<string>()
  #buffer: Record<string, [number, number]> = {}
  #open: Transaction[] = []

  constructor(random: Random) {
    this.#random = random
    this.#faults = random.int(0, 4)
  }

  all(): readonly Fact[] {
    this.#tell(run({ outputs, savepointsMax: 1 }))
    this.#takeOver()
    for (let step = 0; step < 5000; step++) {
      const choices = this.#choices()
      if (choices.length === 0) return this.#facts
      this.#random.pick(choices)()
    }
    throw new Error('The run does not end.')
  }

  #tell(...facts: Fact[]): void {
    this.#facts.push(...facts)
  }

  #choices(): (() => void)[] {
    if (this.#attempt === -1) return []
    const calamity = this.#faults > 0 && this.#random.int(0, 11) === 0
    const choices: (() => void)[] = []
    for (const source of streams) {
      if (this.#positions[source]! < perStream && !this.#silent.has(source)) choices.push(() => this.#emit(source))
    }
    for (const { channel } of channels) {
      if (this.#queues[channel]!.length > 0 && !this.#aligning?.arrived.includes(channel)) {
        choices.push(() => this.#deliver(channel))
      }
    }
    for (const list of [this.#triggers, this.#writing, this.#acknowledgements, this.#notices]) {
      if (list.length > 0) choices.push(() => this.#handle(list))
    }
    for (const pending of this.#pending) {
      if (pending.phase === 'storing') choices.push(() => this.#store(pending))
      else if (calamity) choices.push(() => this.#fault(() => this.#abort(pending, 'CHECKPOINT_EXPIRED')))
    }
    const may = (kind: Kind) =>
      !this.#stopping && !this.#pending.some((one) => (one.kind === 'checkpoint') === (kind === 'checkpoint'))
    if (may('checkpoint') && this.#owes()) choices.push(() => this.#trigger('checkpoint'))
    if (may('savepoint') && this.#requests < 3) choices.push(() => this.#trigger('savepoint'))
    if (may('savepoint') && this.#requests === 2) choices.push(() => this.#trigger('stop-suspend'))
    if (calamity) {
      choices.push(() => this.#fault(() => this.#fail()))
      choices.push(() => this.#fault(() => this.#die()))
    }
    if (choices.length === 0) choices.push(() => this.#finish())
    return choices
  }

  /** Is there anything that no checkpoint covers yet? */
  #owes(): boolean {
    const saved = this.#manifests.get(this.#latest ?? 0)
    return streams.some((stream) => (saved?.positions[stream] ?? 0) < perStream)
  }

  #fault(happen: () => void): void {
    this.#faults--
    happen()
  }

  #send(channel: string, element: Element): void {
    this.#queues[channel]!.push(element)
    const attempt = this.#attempt
    if ('barrier' in element) {
      this.#tell({ type: 'barrier.sent', channel, checkpointId: element.barrier, overtakes: false, attempt })
    } else {
      this.#tell({ type: 'sent', channel, sequence: this.#counts[channel]!.sent++, records: 1, attempt })
    }
  }

  #emit(source: string): void {
    const at = ++this.#positions[source]!
    this.#tell({ type: 'source.emitted', subtask: source, records: 1, attempt: this.#attempt })
    this.#send(`${source}>t`, { record: { stream: source, at } })
  }

  #deliver(channel: string): void {
    const element = this.#queues[channel]!.shift()!
    const attempt = this.#attempt
    if ('record' in element) {
      this.#tell({ type: 'consumed', channel, sequence: this.#counts[channel]!.consumed++, records: 1, attempt })
      const { stream, at } = element.record
      if (channel === 't>k') this.#buffer[stream] = [this.#buffer[stream]?.[0] ?? at, at]
      else this.#send('t>k', element)
      return
    }
    const id = element.barrier
    this.#tell({ type: 'barrier.consumed', channel, checkpointId: id, overtakes: false, attempt })
    if (channel === 't>k') this.#snapshot('k', id)
    else if (id > this.#handled && !this.#given.includes(id)) this.#align(channel, id)
  }

  #align(channel: string, id: number): void {
    if (this.#aligning !== undefined && this.#aligning.id < id) this.#unblock('declined')
    if (this.#aligning === undefined) this.#aligning = { id, arrived: [] }
    if (this.#aligning.id !== id) return
    this.#aligning.arrived.push(channel)
    this.#tell({ type: 'input.blocked', channel, attempt: this.#attempt })
    if (this.#aligning.arrived.length === 2) this.#snapshot('t', id)
  }

  /** Ends an alignment. */
  #unblock(how: 'declined' | 'abortion.heard' | undefined): void {
    const { id } = this.#aligning!
    const at = { subtask: 't', attempt: this.#attempt }
    this.#given.push(id)
    if (how === undefined) this.#handled = id
    this.#aligning = undefined
    this.#tell({ type: 'inputs.unblocked', ...at })
    if (how === undefined) return
    this.#tell({ type: how, ...at, checkpointId: id })
    const pending = how === 'declined' ? this.#pending.find((one) => one.id === id) : undefined
    if (pending !== undefined) this.#abort(pending, 'CHECKPOINT_DECLINED_SUBSUMED')
  }

  #snapshot(subtask: string, id: number): void {
    const pending = this.#pending.find((one) => one.id === id)
    const kind = pending?.kind ?? 'checkpoint'
    const at = { subtask, checkpointId: id, attempt: this.#attempt }
    this.#tell({ type: 'snapshot.taken', ...at, kind, ended: false })
    if (subtask === 'k') {
      const items = Object.entries(this.#buffer).map(([stream, [first, last]]) => ({ stream, first, last }))
      this.#buffer = {}
      this.#open.push({ id, items })
      this.#tell({ type: 'precommitted', ...at, items })
      if (pending) pending.saved.transactions = [...this.#open]
    } else if (pending && subtask !== 't') pending.saved.positions[subtask] = this.#positions[subtask]!
    for (const { channel, from } of channels) if (from === subtask) this.#send(channel, { barrier: id })
    if (subtask === 't') this.#unblock(undefined)
    if (kind === 'stop-suspend' && pending) this.#silent.add(subtask)
    this.#writing.push({ subtask, id })
  }

  #trigger(kind: Kind): void {
    const id = ++this.#lastId
    const saved = { positions: {}, transactions: [] }
    this.#pending.push({ id, kind, saved, waiting: new Set(subtasks), phase: 'collecting' })
    if (kind !== 'checkpoint') this.#tell({ type: 'savepoint.asked', request: `r${++this.#requests}/${id}`, kind })
    if (kind === 'stop-suspend') this.#stopping = true
    const periodic = kind === 'checkpoint'
    const at = { checkpointId: id, attempt: this.#attempt, kind, periodic, participants: subtasks, at: 0 }
    this.#tell({ type: 'triggered', ...at })
    for (const subtask of streams) this.#triggers.push({ subtask, id })
  }

  /** Something under way arrives: in order for each subtask, in any order among them. */
  #handle(list: { subtask: string; id: number }[]): void {
    const subtask = this.#random.pick(list).subtask
    const [one] = list.splice(
      list.findIndex((other) => other.subtask === subtask),
      1,
    )
    const at = { subtask: one!.subtask, checkpointId: one!.id, attempt: this.#attempt }
    if (list === this.#triggers) this.#snapshot(one!.subtask, one!.id)
    else if (list === this.#notices) this.#hear(one as { subtask: string; id: number; completed: boolean })
    else if (list === this.#writing) {
      this.#bytes.add(one!.id)
      this.#tell({ type: 'state.stored', subtask: one!.subtask, checkpointId: one!.id, epoch: this.#epoch })
      this.#tell({ type: 'snapshot.durable', ...at }, { type: 'acknowledged', ...at })
      this.#acknowledgements.push({ subtask: one!.subtask, id: one!.id, again: this.#random.int(0, 3) === 0 })
    } else this.#acknowledge(one as { subtask: string; id: number; again: boolean })
  }

  #acknowledge(acknowledgement: { subtask: string; id: number; again: boolean }): void {
    const { subtask, id: checkpointId } = acknowledgement
    if (acknowledgement.again) this.#acknowledgements.push({ ...acknowledgement, again: false })
    this.#tell({ type: 'acknowledgement.heard', subtask, checkpointId, attempt: this.#attempt })
    const pending = this.#pending.find(({ id }) => id === checkpointId)
    if (pending === undefined || pending.phase === 'storing') return
    pending.waiting.delete(subtask)
    if (pending.waiting.size > 0) return
    pending.phase = 'storing'
    this.#tell({ type: 'manifest.ordered', checkpointId: pending.id })
  }

  #store(pending: Pending, tell = true): void {
    const { id, kind, saved } = pending
    const epoch = this.#epoch
    this.#tell({ type: 'manifest.stored', checkpointId: id, kind, epoch })
    this.#bytes.add(id)
    if (kind !== 'savepoint') this.#manifests.set(id, saved)
    if (kind !== 'checkpoint') {
      this.#pinned.add(id)
      this.#tell({ type: 'pinned', savepoint: `s${id}`, checkpointId: id })
      this.#tell({ type: 'savepoint.published', savepoint: `s${id}`, checkpointId: id })
    }
    this.#pending = this.#pending.filter((one) => one !== pending)
    this.#answer(pending, id)
    const older = this.#pending.find((one) => kind !== 'savepoint' && one.kind === 'checkpoint' && one.id < id)
    if (older?.phase === 'storing')
      this.#tell({ type: 'manifest.stored', checkpointId: older.id, kind: older.kind, epoch })
    if (older !== undefined) this.#abort(older, 'CHECKPOINT_SUBSUMED')
    if (tell && kind !== 'savepoint') this.#notify(id, true)
    this.#tell({ type: 'completed', checkpointId: id, kind, at: 0 })
    if (kind === 'savepoint') return
    this.#latest = Math.max(id, this.#latest ?? 0)
    for (const other of [...this.#manifests.keys()]) if (other < this.#latest) this.#delete(other)
  }

  #notify(id: number, done: boolean): void {
    this.#tell({ type: done ? 'completion.told' : 'abortion.told', checkpointId: id, subtasks })
    for (const subtask of subtasks) this.#notices.push({ subtask, id, completed: done })
  }

  #answer({ id, kind }: Pending, checkpointId: number | undefined): void {
    if (kind === 'checkpoint') return
    const asked = this.#facts.findLast((fact) => fact.type === 'savepoint.asked' && fact.request.endsWith(`/${id}`))
    if (asked?.type === 'savepoint.asked') {
      this.#tell({ type: 'savepoint.answered', request: asked.request, checkpointId })
    }
  }

  #delete(id: number): void {
    this.#manifests.delete(id)
    if (this.#pinned.has(id) || !this.#bytes.delete(id)) return
    this.#tell({ type: 'checkpoint.deleted', checkpointId: id, epoch: this.#epoch })
  }

  #abort(pending: Pending, reason: Extract<Fact, { type: 'aborted' }>['reason']): void {
    this.#pending = this.#pending.filter((one) => one !== pending)
    if (pending.kind === 'stop-suspend') this.#stopping = false
    this.#answer(pending, undefined)
    this.#tell({ type: 'aborted', checkpointId: pending.id, kind: pending.kind, reason, at: 0 })
    this.#notify(pending.id, false)
    this.#triggers = this.#triggers.filter(({ id }) => id !== pending.id)
    this.#delete(pending.id)
  }

  #hear({ subtask, id, completed }: { subtask: string; id: number; completed: boolean }): void {
    const at = { subtask, checkpointId: id, attempt: this.#attempt }
    if (!completed) {
      if (subtask === 't' && this.#aligning?.id === id) this.#unblock('abortion.heard')
      else this.#tell({ type: 'abortion.heard', ...at })
      if (subtask === 't') this.#given.push(id)
      this.#silent.delete(subtask)
      for (const one of this.#writing.filter((other) => other.subtask === subtask && other.id === id)) {
        this.#writing = this.#writing.filter((other) => other !== one)
        this.#tell({ type: 'snapshot.discarded', ...at })
      }
      return
    }
    this.#tell({ type: 'completion.heard', ...at })
    if (subtask === 'k') this.#commit(id)
  }

  #commit(id: number): void {
    for (const transaction of this.#open.filter((one) => one.id <= id)) {
      this.#tell({ type: 'committed', subtask: 'k', checkpointId: transaction.id, items: transaction.items })
    }
    this.#open = this.#open.filter((one) => one.id > id)
  }

  #settle(): void {
    for (const pending of this.#pending) {
      if (pending.phase === 'collecting' || this.#random.int(0, 1) === 0) {
        this.#notices = []
        this.#abort(pending, 'CHECKPOINT_COORDINATOR_SUSPEND')
      } else this.#store(pending, false)
    }
    this.#tell({ type: 'settled', latest: this.#latest })
  }

  #fail(): void {
    const failed = this.#random.pick(subtasks)
    this.#tell({ type: 'subtask.over', subtask: failed, how: 'failed', attempt: this.#attempt })
    for (const subtask of subtasks) {
      if (subtask !== failed) this.#tell({ type: 'subtask.over', subtask, how: 'canceled', attempt: this.#attempt })
    }
    this.#settle()
    this.#tell({ type: 'attempt.over', attempt: this.#attempt })
    const late = this.#acknowledgements[0]
    const old = this.#attempt
    this.#begin(this.#attempt + 1)
    if (late) this.#tell({ type: 'acknowledgement.heard', subtask: late.subtask, checkpointId: late.id, attempt: old })
  }

  #die(): void {
    this.#tell({ type: 'process.died' })
    this.#pending = []
    if (this.#faults === 0 && this.#random.int(0, 3) === 0) {
      this.#attempt = -1
      return
    }
    this.#takeOver()
  }

  #takeOver(): void {
    this.#tell({ type: 'lease.taken', epoch: ++this.#epoch })
    this.#latest = [...this.#manifests.keys()].at(-1)
    for (const id of [...this.#bytes]) if (id !== this.#latest) this.#delete(id)
    this.#begin(this.#random.int(0, 1) === 0 ? 1 : this.#attempt + 1)
  }

  #begin(attempt: number): void {
    const restored = this.#latest
    const saved = this.#manifests.get(restored ?? 0)
    this.#attempt = attempt
    this.#positions = { a: 0, b: 0, ...saved?.positions }
    this.#queues = Object.fromEntries(channels.map(({ channel }) => [channel, []]))
    this.#counts = Object.fromEntries(channels.map(({ channel }) => [channel, { sent: 0, consumed: 0 }]))
    this.#triggers = []
    this.#writing = []
    this.#acknowledgements = []
    this.#notices = []
    this.#aligning = undefined
    this.#handled = 0
    this.#given = []
    this.#silent = new Set()
    this.#buffer = {}
    this.#stopping = false
    this.#open = [...(saved?.transactions ?? [])]
    this.#tell({ type: 'attempt.began', attempt, restored })
    for (const subtask of subtasks) {
      const half = { operator: 'count', maxParallelism: 8, attempt, subtask }
      if (subtask === 'a') this.#tell({ type: 'key-groups.restored', ...half, first: 0, last: 3 })
      if (subtask === 'b') this.#tell({ type: 'key-groups.restored', ...half, first: 4, last: 7 })
      this.#tell({ type: 'subtask.began', subtask, restored, attempt })
    }
    this.#commit(restored ?? 0)
  }

  #finish(): void {
    for (const subtask of subtasks) {
      this.#tell({ type: 'subtask.over', subtask, how: 'finished', attempt: this.#attempt })
    }
    this.#tell({ type: 'attempt.over', attempt: this.#attempt })
    for (const id of [...this.#bytes]) this.#delete(id)
    this.#tell({ type: 'job.over', status: 'FINISHED' })
    this.#attempt = -1
  }
}
