/** Opens one writer of a file sink, and looks at its directory. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WriterState } from '../../src/connectors/file-sink-state.ts'
import { type Part, parsePartName } from '../../src/connectors/part-names.ts'
import { type ToFileOptions, toFile } from '../../src/connectors/to-file.ts'
import type { SnapshotKind } from '../../src/core/elements.ts'
import { DividedState } from '../../src/core/operator-state.ts'
import type { SinkWriter } from '../../src/operators/endpoints.ts'
import { ck, stored, temporaryDirectory, testContext } from './endpoint-harness.ts'

export const visible = (dir: string): string[] => readdirSync(dir).filter((name) => name !== '.pending')
export const pending = (dir: string): string[] =>
  readdirSync(join(dir, '.pending')).filter((name) => parsePartName(name) !== undefined)
export const contents = (dir: string): string =>
  visible(dir)
    .sort()
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('')

/** Takes a snapshot and makes it durable, as the runtime does before a checkpoint can complete. */
export async function snapshotOf<T>(
  writer: SinkWriter<T>,
  id: number,
  kind: SnapshotKind = 'checkpoint',
): Promise<unknown> {
  const { state, durable } = writer.snapshot(ck(id), kind)
  await durable?.()
  return stored(state)
}

/** The writers that a state of the sink lists. */
export const writersOf = (state: unknown): readonly WriterState[] =>
  (state as DividedState).items('writers') as readonly WriterState[]

/** The parts that it lists. */
export const partsOf = (state: unknown): readonly Part[] => writersOf(state).flatMap(({ parts }) => parts)

/** The state of one writer, as a subtask would find it. */
export const stateOf = (...writers: readonly unknown[]): DividedState =>
  new DividedState({ writers: { mode: 'union', items: writers } })

export const opened = <T = unknown>(options: ToFileOptions<T> = {}, dir = join(temporaryDirectory(), 'out')) => {
  const context = testContext({ operatorName: 'out' })
  return { dir, context, writer: toFile<T>(dir, options).createWriter(context, undefined) }
}
