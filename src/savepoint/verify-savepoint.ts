/**
 * Is everything there that a restore would read, and sound? Every reference is followed, every checksum compared, every
 * entry decoded. What is wrong is a finding, not a failure; the next thing is looked at all the same.
 * Tests: test/savepoint/verify-savepoint.test.ts, test/savepoint/hostile-manifests.test.ts.
 */
import { readChannelSegment } from '../backends/channel-segment.ts'
import type { StoredSnapshot } from '../backends/checkpoint-storage.ts'
import { listIfThere } from '../backends/durable-files.ts'
import { type FileSystem, nodeFileSystem } from '../backends/file-system.ts'
import { cellForms } from '../backends/heap-cells.ts'
import { damagedSegment, SegmentFrames, type SegmentHeader, type SegmentReader } from '../backends/keyed-segment.ts'
import type { KeyedStateHandle, ManifestOperator, ManifestSubtask, StateHandle } from '../backends/manifest.ts'
import { isPinned } from '../backends/pins.ts'
import { SegmentParser } from '../backends/segment-parser.ts'
import { keyedPieces } from '../backends/segment-pieces.ts'
import { offsetOf, placeOf } from '../backends/state-segments.ts'
import { decodeValue } from '../core/codec.ts'
import { StreamError } from '../core/errors.ts'
import { isKey, type Key, keyGroupOf } from '../core/key-groups.ts'
import { decodeDivided } from '../core/operator-state.ts'
import { checkStored } from './chain-entries.ts'
import { type FoundSnapshot, findSnapshot } from './find-snapshot.ts'
import type { Finding } from './finding.ts'
import { coverageFindings } from './key-group-coverage.ts'
import type { OpenSavepointOptions } from './open-savepoint.ts'
import { labelOf } from './operator-facts.ts'

/**
 * Checks a savepoint or retained checkpoint from its manifest to its last entry, and returns what is wrong: nothing when it is
 * sound. It never fails for damage, but with `ARGUMENT_INVALID` for a path that is none.
 *
 * @example
 * for (const { code, message } of await verifySavepoint('state/savepoints/savepoint-0e0c2b-94f1c7a2be01')) console.log(code, message)
 */
export async function verifySavepoint(path: string, options: OpenSavepointOptions = {}): Promise<readonly Finding[]> {
  const { fs = nodeFileSystem, roots, resolveUrl } = options
  const findings = new Findings()
  let found: FoundSnapshot | undefined
  await findings.of(path, async () => {
    found = await findSnapshot(path, { fs, roots, resolveUrl })
  })
  if (found === undefined) return findings.all
  const { snapshot, pointer } = found
  if (pointer !== undefined && !('url' in pointer.checkpoint)) await findings.ofPin(fs, found.path, snapshot)
  for (const operator of snapshot.manifest.operators) {
    findings.add(...coverageFindings(operator, snapshot.path))
    for (const subtask of operator.subtasks) await verifySubtask(snapshot, operator, subtask, findings)
  }
  return findings.all
}

class Findings {
  readonly all: Finding[] = []

  add(...findings: readonly Finding[]): void {
    this.all.push(...findings)
  }

  /** What fails while it is looked at is damaged. */
  async of(place: string, look: () => Promise<void>): Promise<void> {
    try {
      await look()
    } catch (error) {
      if (!(error instanceof StreamError) || ['BUG', 'ARGUMENT_INVALID'].includes(error.code)) throw error
      this.all.push({ code: error.code, severity: 'damage', place, message: error.message })
    }
  }

  async ofPin(fs: FileSystem, savepoint: string, snapshot: StoredSnapshot): Promise<void> {
    if (isPinned(await listIfThere(fs, snapshot.path))) return
    this.all.push({
      code: 'SAVEPOINT_NOT_PINNED',
      severity: 'warning',
      place: snapshot.path,
      message: `Savepoint ${savepoint} points to ${snapshot.path}, which has no pin: its job deletes it when it needs it no more.`,
    })
  }
}

async function verifySubtask(
  snapshot: StoredSnapshot,
  { maxParallelism, ...operator }: ManifestOperator,
  { keyed, operator: handle, inFlight = [], index }: ManifestSubtask,
  findings: Findings,
): Promise<void> {
  const look = (of: StateHandle, work: () => Promise<void>) =>
    findings.of(`${placeOf(snapshot.path, of)}${offsetOf(of)}`, async () => {
      try {
        await work()
      } catch (error) {
        throw withOwner(error, `Operator ${labelOf(operator)}, subtask ${index}`)
      }
    })
  for (const segment of keyed) await look(segment, () => verifyKeyed(snapshot, segment, maxParallelism))
  if (handle !== undefined) {
    await look(handle, async () => {
      const bytes = await snapshot.read(handle)
      const value = handle.states === undefined ? decodeValue(bytes) : decodeDivided(bytes, handle.states).value
      checkStored(value, 'state without keys')
    })
  }
  for (const channel of inFlight) {
    await look(channel, async () => {
      readChannelSegment(await snapshot.read(channel), channel, placeOf(snapshot.path, channel))
    })
  }
}

function withOwner(error: unknown, owner: string): unknown {
  if (!(error instanceof StreamError)) return error
  return new StreamError(error.code, `${owner}: ${error.message}`, { cause: error, details: error.details })
}

async function verifyKeyed(snapshot: StoredSnapshot, handle: KeyedStateHandle, maxParallelism: number): Promise<void> {
  const check = new EntryCheck(maxParallelism)
  const parser = new SegmentParser(new SegmentFrames(check), handle.length)
  for await (const bytes of keyedPieces(snapshot, handle)) parser.take(bytes)
  parser.end()
  check.report()
}

/** Is each entry of the kind of its state, and of the key group that its key has? */
class EntryCheck implements SegmentReader {
  readonly #maxParallelism: number
  #states: SegmentHeader['states'] = []
  #misplaced = 0
  #first = ''

  constructor(maxParallelism: number) {
    this.#maxParallelism = maxParallelism
  }

  header({ states }: SegmentHeader): void {
    this.#states = states
  }

  entry(state: number, keyGroup: number, key: Key, content: unknown): void {
    const [name, kind] = this.#states[state]!
    this.#checkKey(name, keyGroup, key)
    cellForms[kind].cell(content)
    checkStored(content, name)
    if (kind === 'timers' && ![content].flat().every((time) => typeof time === 'number' && !Number.isNaN(time))) {
      throw damagedSegment(`timers "${name}" of key ${JSON.stringify(String(key))} are not all times`)
    }
  }

  removal(state: number, keyGroup: number, key: Key): void {
    this.#checkKey(this.#states[state]![0], keyGroup, key)
  }

  /** A restore at the same parallelism would not miss these, one at another would. */
  report(): void {
    if (this.#misplaced === 0) return
    throw damagedSegment(`${this.#misplaced} entries are not of the key group of their key, the first ${this.#first}`)
  }

  #checkKey(state: string, keyGroup: number, key: Key): void {
    if (!isKey(key)) throw damagedSegment(`an entry of state "${state}" has no key`)
    const expected = keyGroupOf(key, this.#maxParallelism)
    if (expected === keyGroup) return
    if (this.#misplaced++ > 0) return
    this.#first = `${JSON.stringify(String(key))} of state "${state}": expected ${expected}, got ${keyGroup}`
  }
}
