/**
 * One process of a simulated run: a session on a scheduler of its own, watched, and hit by faults.
 *
 * It dies by not being stepped any more; what survives it is the disk, or the memory storages that are given to the next.
 */
import type { ChannelFactory } from '../../actors/channel.ts'
import type { SubtaskDescriptor } from '../../actors/subtask-descriptor.ts'
import type { StepSeen, Tap } from '../../actors/tap.ts'
import { assert } from '../../core/errors.ts'
import type { Address } from '../../core/ids.ts'
import { createSession } from '../../job/create-session.ts'
import type { Session, SessionJob } from '../../job/session.ts'
import { ControlFacts } from './control-facts.ts'
import { DisposableBackend } from './disposable-backend.ts'
import {
  clogMs,
  type FaultName,
  faultText,
  InjectedFault,
  jumpMs,
  storeOperation,
  writeOperation,
} from './fault-kinds.ts'
import type { ProcessParts } from './process-parts.ts'
import { rereadMachine } from './reread-machine.ts'
import type { RunJournal } from './run-journal.ts'
import { type IoFate, SimulationScheduler } from './simulation-scheduler.ts'
import { textHash } from './text-hash.ts'
import { WatchedChannel } from './watched-channel.ts'

/** Machines are written and read again at one step in so many. */
const stepsPerRereading = 32

export class SimulatedProcess {
  readonly session: Session
  readonly scheduler: SimulationScheduler
  /** Why it is over, once it is dead. */
  dead: FaultName | undefined
  /** The highest attempt of this process, or −1. */
  attempt = -1
  readonly #parts: ProcessParts
  readonly #state: DisposableBackend
  readonly #facts: ControlFacts
  readonly #tell: RunJournal['tell']
  readonly #channels = new Map<string, WatchedChannel>()
  readonly #stops = new Set<number>()
  readonly #actionsTaken: Map<string, number>
  #job: SessionJob | undefined
  #crashed = false
  #steps = 0

  constructor(parts: ProcessParts, actionsTaken: Map<string, number>) {
    this.#parts = parts
    this.#actionsTaken = actionsTaken
    const { labels, journal, mutation } = parts
    // The last words of a process that is dead reach nobody.
    this.#tell = (fact) => {
      if (this.dead === undefined) journal.tell(fact)
    }
    this.#facts = new ControlFacts({
      tell: this.#tell,
      labelOf: labels.of,
      attemptOf: (attempt) => parts.attemptsBefore + attempt,
      now: () => this.scheduler.clock.monotonicMs(),
      restoredFrom: parts.restoredFrom,
      keyGroupsOf: parts.keyGroupsOf,
    })
    this.#state = new DisposableBackend(parts.run.stateBackend)
    const log = () => {}
    let scheduler: SimulationScheduler | undefined
    const clock = { now: () => this.scheduler.kernel.host.now() }
    this.session = createSession(
      { log, stateBackend: this.#state },
      {
        storages: parts.storages(clock),
        development: true,
        tap: this.#tap(),
        channels: (descriptors) => this.#channelsOf(descriptors),
        ...(mutation.charts && { charts: mutation.charts }),
        ...(mutation.descriptors && { descriptors: mutation.descriptors }),
        kernel: (onCrash) => {
          scheduler = this.#schedule((address, error) => {
            if (error instanceof InjectedFault) this.#crashed = true
            else journal.problem('crash', `Actor ${labels.of(address)} threw: ${String(error)}`)
            onCrash(address, error)
          })
          return scheduler.kernel
        },
      },
    )
    assert(scheduler, 'the session asks for its kernel at once')
    this.scheduler = scheduler
    parts.run.begin({
      tell: this.#tell,
      subtaskOf: ({ operatorId, subtaskIndex, attempt }) => ({
        attempt: parts.attemptsBefore + attempt,
        subtask: `${labels.vertexOf(operatorId)}/${subtaskIndex}`,
      }),
      turnOf: () => ({
        attempt: parts.attemptsBefore + this.attempt,
        subtask: labels.of(this.scheduler.running ?? ''),
      }),
      pass: (where) => {
        if (this.#befalls('function-throws', where)) throw new Error(`thrown on purpose in ${where}`)
      },
    })
  }

  /** Lets go of the state that it has died with. */
  dispose(): void {
    this.#state.disposeAll()
  }

  /** Did its coordinator crash on purpose? Then its job fails for good. */
  get crashed(): boolean {
    return this.#crashed
  }

  runs(job: SessionJob): void {
    this.#job = job
    for (const client of this.#parts.run.clients) client(job)
  }

  #schedule(onCrash: (address: Address, error: unknown) => void): SimulationScheduler {
    const { chooser, random, startMs, labels } = this.#parts
    return new SimulationScheduler({
      chooser,
      random,
      startMs,
      labelOf: labels.of,
      onCrash,
      log: () => {},
      sees: (_, message) => this.#facts.sent(message),
      isStop: (checkpointId) => this.#stops.has(checkpointId),
      fateOf: (text) => this.#fateOf(text),
      offers: { faults: (fault) => this.#offered(fault), actions: () => this.#actions() },
      interrupted: (text) => this.#interrupted(text),
    })
  }

  #befalls(fault: FaultName, target: string): boolean {
    return this.#parts.chooser.befalls(fault, faultText(fault, target))
  }

  #tap(): Tap {
    const { journal, labels } = this.#parts
    const tap = (step: StepSeen) => {
      if (step.address.endsWith('/coordinator') && this.#befalls('coordinator-crash', step.event.type)) {
        throw new InjectedFault(`${labels.of(step.address)} crashed on purpose`)
      }
      journal.step(step)
      for (const { type, params } of step.effects) {
        if (type !== 'triggerBarrier') continue
        const { checkpointId, kind } = params as { checkpointId: number; kind: string }
        if (kind.startsWith('stop')) this.#stops.add(checkpointId)
      }
      this.#facts.step(step)
      this.#reread(step)
    }
    return Object.assign(tap, {
      carriedOut: (step: StepSeen, index: number) => this.#facts.carriedOut(step, index),
    })
  }

  /** Now and then, what a machine knows is written and read again. */
  #reread(step: StepSeen): void {
    if (this.#steps++ % stepsPerRereading !== 0) return
    const fact = rereadMachine(step, this.#parts.labels.of(step.address))
    if (fact !== undefined) this.#tell(fact)
  }

  #channelsOf(descriptors: readonly SubtaskDescriptor[]): ChannelFactory {
    const { labels, attemptsBefore, mutation } = this.#parts
    const Made = mutation.channel ?? WatchedChannel
    this.#channels.clear()
    this.attempt = descriptors[0]?.attempt ?? this.attempt
    this.#facts.deployed(descriptors)
    const attempt = attemptsBefore + this.attempt
    return (...[id, capacity, gate, wake]: Parameters<ChannelFactory>) => {
      const label = labels.of(id)
      const channel = new Made(id, capacity, gate, wake, {
        attempt,
        label,
        tell: this.#tell,
        restored: this.#facts.restored,
      })
      this.#channels.set(label, channel)
      return channel
    }
  }

  #fateOf(text: string): IoFate {
    const label = text.slice('io '.length)
    if (!storeOperation.test(label)) return { type: 'runs' }
    if (this.#befalls('store-fails', label)) return { type: 'fails', error: new Error(`failed on purpose: ${label}`) }
    if (this.#befalls('store-slow', label)) return { type: 'waits', ms: clogMs[textHash(label) % clogMs.length]! }
    if (this.#befalls('store-late', label)) return { type: 'waits', ms: this.#parts.timeoutMs + 1 }
    if (this.#parts.onDisk && writeOperation.test(label) && this.#befalls('store-tears', label)) {
      const torn = this.#parts.disk.tearAfter(textHash(label) % 12)
      this.dead = 'store-tears'
      return { type: 'tears', torn }
    }
    return { type: 'runs' }
  }

  #offered(fault: FaultName): readonly string[] {
    const texts = (targets: readonly (string | number)[]) => targets.map((target) => faultText(fault, String(target)))
    switch (fault) {
      case 'process-death':
        return texts(['process'])
      case 'subtask-crash':
        return texts(this.#subtasks())
      case 'actor-clogged':
        return this.scheduler.ready().map((address) => faultText(fault, this.#parts.labels.of(address)))
      case 'channel-clogged':
        return [...this.#channels].flatMap(([label, { clogged }]) => (clogged ? [] : [faultText(fault, label)]))
      case 'clock-jump':
      case 'clock-back':
        return texts(jumpMs)
      default:
        return []
    }
  }

  /** Subtasks of the attempt that are there. */
  #subtasks(): string[] {
    return this.#facts.subtasks
      .filter((id) => this.scheduler.kernel.has(this.#addressOf(id)))
      .map(this.#parts.labels.of)
  }

  #addressOf(id: string): Address {
    return `${this.#parts.jobId}/${id}` as Address
  }

  #actions(): string[] {
    const job = this.#job
    if (job === undefined || job.endedAt !== undefined) return []
    const { actions } = this.#parts.run
    return [...actions.values()].flatMap(({ name, most }) =>
      (this.#actionsTaken.get(name) ?? 0) < most ? [`act ${name}`] : [],
    )
  }

  #interrupted(text: string): void {
    if (text.startsWith('act ')) {
      this.#act(text.slice('act '.length))
      return
    }
    const [, fault, ...rest] = text.split(' ')
    const target = rest.join(' ')
    const heldMs = clogMs[textHash(text, this.scheduler.steps) % clogMs.length]!
    switch (fault as FaultName) {
      case 'process-death':
        this.dead = 'process-death'
        return
      case 'subtask-crash': {
        const id = this.#facts.subtasks.find((one) => this.#parts.labels.of(one) === target)
        const failure = { code: 'USER_FUNCTION_FAILED', message: 'failed on purpose', restartable: true }
        if (id !== undefined) this.scheduler.kernel.send(this.#addressOf(id), { type: 'subtask.crashed', failure })
        return
      }
      case 'actor-clogged': {
        const address = this.scheduler.ready().find((one) => this.#parts.labels.of(one) === target)
        if (address !== undefined) this.scheduler.clog(address, heldMs)
        return
      }
      case 'channel-clogged': {
        const channel = this.#channels.get(target)
        channel?.clog()
        this.scheduler.clock.setTimer(heldMs, () => channel?.unclog())
        return
      }
      case 'clock-jump':
        this.scheduler.clock.advance(Number(target))
        return
      case 'clock-back':
        this.scheduler.setBack(Number(target))
        return
      default:
    }
  }

  #act(name: string): void {
    const action = this.#parts.run.actions.get(name)
    if (action === undefined || this.#job === undefined) return
    this.#actionsTaken.set(name, (this.#actionsTaken.get(name) ?? 0) + 1)
    void action.act(this.#job).catch(() => {})
  }
}
