/**
 * The trace format, version 1: a header and one record per step, each a line of JSON. Written by counterexamples; the
 * page `docs/formats.md` describes every key.
 *
 * Owns the shape and its checks. Does not own what is traced, nor files.
 */
import { StreamError } from '../core/errors.ts'

export const traceVersion = 1

export interface TraceHeader {
  readonly kind: 'trace'
  readonly v: typeof traceVersion
  /** What was run: the name of a system or a job. */
  readonly job: string
  readonly seed?: number
  /** 0: what is needed to run it again. 1: and every delivery with the hash of the state. 2: and payloads, outputs, states. */
  readonly level: 0 | 1 | 2
  readonly topology?: readonly { readonly addr: string }[]
  /** What broke in the last step, and how. */
  readonly violation?: { readonly property: string; readonly message: string }
}

/** `mark`: something that is said about the step and changes nothing. */
export const traceKinds = [
  'deliver',
  'input',
  'timer',
  'spawn',
  'stop',
  'fault',
  'store',
  'rand',
  'mark',
  'snap',
  'end',
] as const

export type TraceKind = (typeof traceKinds)[number]

export type TraceOutput =
  /** Sent into a channel, as which message of that channel, and its type. */
  | readonly [channel: string, sequence: number, type: string]
  | readonly ['timer.set' | 'timer.clear' | 'call' | 'fact', string]

export interface TraceRecord {
  /** Position in the order of all steps, from 1. */
  readonly i: number
  readonly k: TraceKind
  /** The actor, and its attempt. */
  readonly a?: string
  readonly att?: number
  /** The channel `from>to#port`, and which message of it this is, from 1. */
  readonly ch?: string
  readonly cs?: number
  /** The message's id, `channel@sequence`. */
  readonly m?: string
  /** The step whose turn sent it, where that is not told by the channel. */
  readonly c?: number
  /** The message, timer or fault. */
  readonly e?: { readonly type: string }
  /** Virtual time in milliseconds. */
  readonly vt?: number
  /** State before and after; both absent when it stayed as it was. */
  readonly from?: unknown
  readonly to?: unknown
  /** Hash of the whole state afterwards, 16 hex digits. */
  readonly h?: string
  /** Outputs, in order. */
  readonly o?: readonly TraceOutput[]
  /** The checkpoint that the message is about. */
  readonly ck?: number
  /** What went wrong, without a stack. */
  readonly err?: string
}

export interface Trace {
  readonly header: TraceHeader
  readonly records: readonly TraceRecord[]
}

/** A trace as text, one line each. */
export const printTrace = ({ header, records }: Trace): string =>
  [header, ...records].map((line) => `${JSON.stringify(line)}\n`).join('')

/**
 * Reads a trace. Throws `TRACE_INVALID` with the line at fault, or `TRACE_VERSION_UNSUPPORTED`. A last line without its
 * end is what a crash leaves behind: it is passed over.
 *
 * ```ts
 * const { header, records } = readTrace(readFileSync('counterexample.trace.ndjson', 'utf8'))
 * ```
 */
export function readTrace(text: string): Trace {
  const lines = text.split('\n').slice(0, -1)
  const header = parseLine(lines[0], 1) as Partial<TraceHeader>
  if (header.kind !== 'trace') throw invalid(1, 'expected a header with kind "trace"')
  if (header.v !== traceVersion) {
    const got = String(header.v)
    throw new StreamError(
      'TRACE_VERSION_UNSUPPORTED',
      `The trace is of version ${got}, but this build reads ${traceVersion}.`,
      { details: { expected: traceVersion, got } },
    )
  }
  if (typeof header.job !== 'string') throw invalid(1, 'expected the name of a job')
  let last = 0
  const records = lines.slice(1).map((line, at) => {
    const record = parseLine(line, at + 2) as Partial<TraceRecord>
    const { i, k } = record
    if (typeof i !== 'number' || !Number.isSafeInteger(i) || i <= last) {
      throw invalid(at + 2, `expected an \`i\` above ${last}, got ${String(i)}`)
    }
    if (!traceKinds.includes(k as TraceKind)) throw invalid(at + 2, `there is no kind ${JSON.stringify(k)}`)
    last = i
    return record as TraceRecord
  })
  return { header: header as TraceHeader, records }
}

function parseLine(line: string | undefined, number: number): unknown {
  if (line === undefined) throw invalid(number, 'there is no header')
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw invalid(number, 'it is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(number, 'it is not an object')
  return value
}

const invalid = (line: number, why: string): StreamError =>
  new StreamError('TRACE_INVALID', `Line ${line} of the trace cannot be read: ${why}.`, { details: { line } })
