/** A counterexample as a trace: one record for each turn of an actor, and for each loss or fault. */
import { bytesToHex } from '../../core/ids.ts'
import { murmur3x64128 } from '../../core/murmur3.ts'
import { printTrace, type TraceOutput, type TraceRecord, traceVersion } from '../../trace/trace-format.ts'
import { canonical } from '../canonical.ts'
import type { Move, Replay, ReplayStep } from './replay.ts'
import { stateLabel } from './state-change.ts'
import type { Output } from './system.ts'

/**
 * The path in the trace format (see `docs/formats.md`), as lines of JSON.
 *
 * ```ts
 * writeFileSync('lost-update.trace.ndjson', counterexampleTrace(run))
 * ```
 */
export function counterexampleTrace({ actors, start, steps, system, violation }: Replay): string {
  const writer = new TraceWriter()
  for (const step of [start, ...steps]) writer.add(step)
  return printTrace({
    header: {
      kind: 'trace',
      v: traceVersion,
      job: system,
      level: 2,
      topology: Object.keys(actors).map((addr) => ({ addr })),
      ...(violation && { violation: { property: violation.property, message: violation.message } }),
    },
    records: writer.records,
  })
}

class TraceWriter {
  readonly records: TraceRecord[] = []
  /** By channel: how many messages were sent into it, and how many it holds. */
  readonly #sent = new Map<string, number>()
  #held: ReplayStep['channels'] = {}

  add(step: ReplayStep): void {
    const { choice, delivery, kind, moves } = step
    const head = delivery && this.#head(delivery.from, delivery.to)
    let cause = this.records.length + 1
    if (kind === 'fault') this.#push({ k: 'fault', e: { type: choice.slice('fault '.length) } })
    if (kind === 'lose') this.#push({ k: 'fault', ...head, e: { type: 'lose' } })
    for (const move of moves) {
      const isFirst = !move.immediate
      if (isFirst) cause = this.records.length + 1
      this.#push({
        k: isStart(kind, move) ? 'spawn' : kind === 'timer' && isFirst ? 'timer' : 'deliver',
        a: move.actor,
        ...(isFirst && head),
        ...(isFirst ? {} : { c: cause }),
        e: move.message,
        ...changeOf(move),
        h: hashOf(move.after),
        ...(move.outputs.length === 0 ? {} : { o: move.outputs.map((output) => this.#output(move.actor, output)) }),
      })
    }
    this.#held = step.channels
  }

  #push(record: Omit<TraceRecord, 'i'>): void {
    this.records.push({ i: this.records.length + 1, ...record })
  }

  /** A channel holds the last messages that were sent into it, so its head is told by its length. */
  #head(from: string, to: string): Pick<TraceRecord, 'ch' | 'cs' | 'm'> {
    const ch = channelId(from, to)
    const cs = (this.#sent.get(ch) ?? 0) - (this.#held[`${from} → ${to}`] ?? 0) + 1
    return { ch, cs, m: `${ch}@${cs}` }
  }

  #output(actor: string, output: Output): TraceOutput {
    if (output.type === 'fact') return ['fact', output.fact.type]
    if (output.type !== 'send') return [output.type, output.name]
    if (output.immediate) return ['call', output.to]
    const ch = channelId(actor, output.to)
    const sequence = (this.#sent.get(ch) ?? 0) + 1
    this.#sent.set(ch, sequence)
    return [ch, sequence, output.message.type]
  }
}

const isStart = (kind: ReplayStep['kind'], { from, immediate, message }: Move): boolean =>
  (kind === 'start' && !immediate) || (kind === 'fault' && from === 'fault' && message.type === 'start')

const channelId = (from: string, to: string): string => `${from}>${to}#0`

function changeOf({ after, before }: Move): Pick<TraceRecord, 'from' | 'to'> {
  const [from, to] = [stateLabel(before), stateLabel(after)]
  return canonical(from) === canonical(to) ? {} : { from, to }
}

const hashOf = (state: unknown): string =>
  bytesToHex(murmur3x64128(new TextEncoder().encode(canonical(state))).subarray(0, 8))
