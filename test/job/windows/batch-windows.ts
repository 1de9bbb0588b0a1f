/**
 * What windows must give, computed in the most obvious way: over the whole input at once where no record is late, and one
 * record after the other where some are.
 */
import { maxWatermark } from '../../../src/core/elements.ts'
import { type AssignerSpec, type Entry, type Item, isEntry, type WindowSpec } from './window-case.ts'

export interface Span {
  readonly start: number
  readonly end: number
}

/** The windows of one record, before any are merged. */
export function spansOf(assigner: AssignerSpec, { at, gap }: Entry): Span[] {
  switch (assigner.type) {
    case 'session':
      return [{ start: at, end: at + assigner.gap }]
    case 'own gaps':
      return [{ start: at, end: at + gap }]
    case 'global':
      return [{ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }]
    default: {
      const { size, offset } = assigner
      const slide = assigner.type === 'sliding' ? assigner.slide : size
      const spans: Span[] = []
      // Every start that is `offset` plus a multiple of `slide`, tried one by one.
      for (let start = at - size + 1; start <= at; start++) {
        if (Math.abs(start - offset) % slide === 0) spans.push({ start, end: start + size })
      }
      return spans
    }
  }
}

export const merges = ({ type }: AssignerSpec): boolean => type === 'session' || type === 'own gaps'

const touch = (a: Span, b: Span): boolean => a.start <= b.end && b.start <= a.end
const cover = (a: Span, b: Span): Span => ({ start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) })

/** What a window has, under its bounds where its function knows them. */
export function firedLine(key: string, span: Span | undefined, entries: readonly Entry[], timestamp?: number): string {
  const bounds = span === undefined ? '' : ` [${span.start}, ${span.end})`
  const numbers = entries.map(({ n }) => n).sort((a, b) => a - b)
  return `${key}${bounds} ${numbers.join(',')}${timestamp === undefined ? '' : ` @${timestamp}`}`
}

function lineOf({ computation }: WindowSpec, key: string, span: Span, entries: readonly Entry[]): string {
  const knows = computation.endsWith('function') || computation === 'all elements'
  // The last time of all, for the window that has no end.
  const timestamp = Math.min(span.end - 1, maxWatermark.timestamp)
  return firedLine(key, knows ? span : undefined, entries, timestamp)
}

export const lateLine = ({ n }: Entry): string => `late ${n}`

/** Each window of a key with all of its records. */
export function windowsOver<T extends Entry>(
  assigner: AssignerSpec,
  entries: readonly T[],
): { readonly key: string; readonly span: Span; readonly within: readonly T[] }[] {
  return [...new Set(entries.map(({ key }) => key))].flatMap((key) => {
    const own = entries.filter((entry) => entry.key === key)
    return distinct(assigner, own).map((span) => {
      const isWithin = (one: Span) => span.start <= one.start && one.end <= span.end
      return { key, span, within: own.filter((entry) => spansOf(assigner, entry).some(isWithin)) }
    })
  })
}

/** Each window once, with all of its records: what comes out when nothing is late. Sorted. */
export const batchWindows = (spec: WindowSpec, entries: readonly Entry[]): string[] =>
  windowsOver(
    spec.assigner,
    entries.map((entry) => ({ ...entry, key: keyOf(entry, spec.all) })),
  )
    .map(({ key, span, within }) => lineOf(spec, key, span, within))
    .sort()

const keyOf = ({ key }: Entry, all: boolean): string => (all ? 'all' : key)

function distinct(assigner: AssignerSpec, entries: readonly Entry[]): Span[] {
  const spans = entries.flatMap((entry) => spansOf(assigner, entry)).sort((a, b) => a.start - b.start)
  const found: Span[] = []
  for (const span of spans) {
    const last = found.at(-1)
    const same = last !== undefined && (merges(assigner) ? touch(last, span) : last.start === span.start)
    if (same) found[found.length - 1] = cover(last, span)
    else found.push(span)
  }
  return found
}

interface OpenWindow {
  readonly key: string
  readonly span: Span
  readonly entries: readonly Entry[]
}

/**
 * The same for one record after the other, with marks that move event time on: a window fires when event time has come to its
 * end, again with each record that is late for it but not too late, and is forgotten after its allowed lateness. Sorted.
 */
export function sequentialWindows(spec: WindowSpec, items: readonly Item[]): string[] {
  const { assigner, latenessMs, all, count } = spec
  let open: OpenWindow[] = []
  let watermark = Number.NEGATIVE_INFINITY
  const lines: string[] = []
  const fire = ({ key, span, entries }: OpenWindow) => lines.push(lineOf(spec, key, span, entries))
  const isOver = ({ end }: Span) => end - 1 + latenessMs <= watermark

  const add = (entry: Entry) => {
    const key = keyOf(entry, all)
    let taken = false
    for (const own of spansOf(assigner, entry)) {
      const met = open.filter(
        (one) => one.key === key && (merges(assigner) ? touch(one.span, own) : one.span.start === own.start),
      )
      const span = met.map((one) => one.span).reduce(cover, own)
      if (isOver(span)) continue
      taken = true
      const window = { key, span, entries: [...met.flatMap((one) => one.entries), entry] }
      const isFull = count !== undefined && window.entries.length >= count
      if (isFull || (count === undefined && span.end - 1 <= watermark)) fire(window)
      open = [...open.filter((one) => !met.includes(one)), isFull ? { ...window, entries: [] } : window]
    }
    if (!taken && entry.at + latenessMs <= watermark) lines.push(lateLine(entry))
  }

  const moveTo = (mark: number) => {
    if (mark <= watermark) return
    for (const window of open) {
      const last = window.span.end - 1
      if (count === undefined && watermark < last && last <= mark) fire(window)
    }
    watermark = mark
    open = open.filter(({ span }) => !isOver(span))
  }

  for (const item of items) {
    if (isEntry(item)) add(item)
    else moveTo(item.mark)
  }
  moveTo(Number.POSITIVE_INFINITY)
  return lines.sort()
}
