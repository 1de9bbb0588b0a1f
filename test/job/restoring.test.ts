import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toArray } from '../../src/connectors/to-array.ts'
import { valueState } from '../../src/operators/state-descriptors.ts'
import { StreamEnvironment } from '../../src/program/environment.ts'
import type { JobOptions } from '../../src/program/options.ts'
import { temporaryDir } from '../backends/temporary.ts'
import { type Counted, type CountOptions, countProgram, expectedCounts, shown } from './count-program.ts'
import { Feed } from './feed.ts'
import { SimulatedProcess } from './simulated-process.ts'

const words = ['to', 'be', 'or', 'not', 'to', 'be']

const stateFileIn = (chk: string): string => join(chk, readdirSync(chk).find((name) => !name.startsWith('_'))!)

/** A job on disk that has counted all words, completed some checkpoints, and died. */
async function died(dir: string, checkpoints = 2, more: JobOptions = {}) {
  const output: Counted[] = []
  const feed = new Feed(words)
  const options: JobOptions = {
    checkpoint: { intervalMs: 100, retained: 3, inlineStateBytes: 0, storage: { kind: 'filesystem', dir } },
    ...more,
  }
  const program = (count: CountOptions = {}) => countProgram(feed.source, output, options, count)
  const environment = program()
  const process = new SimulatedProcess()
  const observed = await process.submit(environment)
  await process.until(() => output.length === words.length)
  await observed.completes(checkpoints)
  // Nothing is left half-way, so that what is on disk is known.
  await process.until(() => observed.job.checkpointStats().counts.inProgress === 0)
  return { output, feed, options, environment, observed, process, newest: observed.completed.at(-1)! }
}

describe('after the death of its process a job', () => {
  it('resumes from its newest checkpoint under its id, and counts checkpoints on', async () => {
    const { output, feed, environment, observed, newest } = await died(temporaryDir())
    feed.push('to')
    const process = new SimulatedProcess({ seed: 2 })
    const resumed = await process.submit(environment, { resume: true })
    expect(resumed.job.id).toBe(observed.job.id)
    expect(resumed.job.checkpointStats().restored).toMatchObject({ checkpointId: newest, isSavepoint: false })
    await process.until(() => output.length === 7)
    expect(shown(output)).toEqual(expectedCounts([...words, 'to']))
    await resumed.completes(1)
    expect(Math.min(...resumed.completed)).toBeGreaterThan(newest)
  })

  it('passes over a checkpoint that is not whole: one without a manifest', async () => {
    const dir = temporaryDir()
    const { output, feed, environment, observed, newest } = await died(dir, 3)
    rmSync(join(dir, observed.job.id, `chk-${newest}`, '_metadata'))
    feed.push('to')
    const process = new SimulatedProcess({ seed: 2 })
    const resumed = await process.submit(environment, { resume: true })
    expect(resumed.job.checkpointStats().restored?.checkpointId).toBe(observed.completed.at(-2))
    await process.until(() => output.length === 7)
    expect(shown(output)).toEqual(expectedCounts([...words, 'to']))
    await resumed.completes(1)
    expect(Math.min(...resumed.completed)).toBeGreaterThan(newest)
  })

  it.each([
    ['MANIFEST_DAMAGED', (chk: string) => appendFileSync(join(chk, '_metadata'), 'x')],
    ['STATE_FILE_MISSING', (chk: string) => rmSync(stateFileIn(chk))],
    ['STATE_FILE_DAMAGED', (chk: string) => truncateSync(stateFileIn(chk), 3)],
  ])('does not fall back by itself when the newest is damaged (%s), but on purpose', async (code, damage) => {
    const dir = temporaryDir()
    const { output, feed, environment, observed, newest } = await died(dir, 3)
    const pathOf = (id: number) => join(dir, observed.job.id, `chk-${id}`)
    damage(pathOf(newest))
    const older = pathOf(observed.completed.at(-2)!)
    const process = new SimulatedProcess({ seed: 2 })
    const refused = process.submit(environment, { resume: true })
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(`-s ${older}`) })

    // From the older one it is a new job; resuming goes on from that, whatever is wrong with the old one.
    const second = await process.submit(environment, { fromSavepoint: older })
    feed.push('to')
    await process.until(() => output.length === 7)
    await second.completes(1)
    await process.settle(process.session.close())
    const third = await new SimulatedProcess({ seed: 3 }).submit(environment, { resume: true })
    expect(third.job.id).toBe(second.job.id)
  })

  it('fails with the name of a state file whose bytes have changed', async () => {
    const dir = temporaryDir()
    const { environment, observed, newest } = await died(dir)
    const chk = join(dir, observed.job.id, `chk-${newest}`)
    const file = join(chk, readdirSync(chk).find((name) => !name.startsWith('_'))!)
    const bytes = readFileSync(file)
    // Of the counts, which come first: of what holds nothing, such as words that a sink has delivered, nothing is read.
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(file, bytes)
    const process = new SimulatedProcess({ seed: 2 })
    const result = await (await process.submit(environment, { resume: true })).done()
    expect(result).toMatchObject({ status: 'FAILED', error: { code: 'STATE_FILE_DAMAGED' } })
    expect(result.error?.message).toContain(file)
    expect(result.error?.message).toContain('CRC-32')
    expect(existsSync(join(chk, '_metadata'))).toBe(true)
  })

  it('starts from nothing when there is nothing, or nothing of that name', async () => {
    const dir = temporaryDir()
    const { environment, observed } = await died(dir)
    const process = new SimulatedProcess({ seed: 2 })
    const other = await process.submit(environment, { resume: true, name: 'another' })
    expect(other.job.id).not.toBe(observed.job.id)
    expect(other.job.checkpointStats().counts.restored).toBe(0)
  })

  it('is taken over by the next process, and the first stops for good', async () => {
    const { output, feed, environment, observed, process } = await died(temporaryDir())
    const second = new SimulatedProcess({ seed: 2 })
    const resumed = await second.submit(environment, { resume: true })
    await resumed.is('RUNNING')
    // The first one did not die after all.
    const result = await observed.done()
    expect(result).toMatchObject({ status: 'FAILED', error: { code: 'LEASE_LOST' } })
    expect(observed.of('restarting')).toEqual([])
    feed.push('to')
    await second.until(() => output.length === 7)
    expect(shown(output)).toEqual(expectedCounts([...words, 'to']))
    await resumed.completes(2)
    expect(resumed.of('checkpoint-aborted')).toEqual([])
    expect(process.crashes).toEqual([])
  })
})

describe('a job under an id that was used before', () => {
  it('falls back to what it started from and not to what lies in its directory', async () => {
    const { output, feed, options, environment, observed, process } = await died(temporaryDir(), 1, {
      restart: { strategy: 'fixed-delay', attempts: 1, delayMs: 1 },
    })
    await process.settle(process.session.close())
    output.length = 0
    feed.push('trouble')
    let left = 1
    const before = (word: string) => {
      if (word === 'trouble' && left-- > 0) throw new Error('once')
    }
    const again: Counted[] = []
    const fresh = new SimulatedProcess({ seed: 2 })
    const slow = { ...options, checkpoint: { ...options.checkpoint, intervalMs: 1_000_000 } }
    const started = await fresh.submit(countProgram(feed.source, again, slow, { before }), { jobId: observed.job.id })
    await fresh.until(() => started.of('restarting').length === 1)
    await started.is('RUNNING')
    await fresh.until(() => again.length === 7)
    expect(shown(again)).toEqual(expectedCounts([...words, 'trouble']))
    expect(environment).toBeDefined()
  })

  it('is refused while another of that id runs or starts', async () => {
    const process = new SimulatedProcess()
    const observed = await process.submit(countProgram(new Feed(words).source, [], {}))
    const again = () => process.submit(countProgram(new Feed(words).source, [], {}), { jobId: observed.job.id })
    await expect(again()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await process.settle(observed.job.cancel())
    const both = await Promise.allSettled([again(), again()])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(process.session.jobs().map(({ currentStatus }) => currentStatus)).toEqual(['INITIALIZING'])
  })
})

describe('from a savepoint or a retained checkpoint', () => {
  const counting = (feed: Feed<string>, output: Counted[], change: (env: StreamEnvironment) => void = () => {}) => {
    const env = countProgram(feed.source, output, {})
    change(env)
    return env
  }

  async function saved() {
    const feed = new Feed(words)
    const output: Counted[] = []
    const process = new SimulatedProcess()
    const observed = await process.submit(counting(feed, output))
    await process.until(() => feed.read === feed.size)
    await observed.is('RUNNING')
    return { feed, process, path: await process.settle(observed.job.stop()) }
  }

  /** The program with other operators around the same count. */
  function changed(
    feed: Feed<string>,
    output: Counted[],
    { parallelism = 1, uid = 'count', filter = true }: { parallelism?: number; uid?: string; filter?: boolean },
  ) {
    const env = StreamEnvironment.create({ name: 'changed', parallelism })
    const source = env.fromSource(feed.source).uid('words')
    const filtered = filter ? source.filter((word) => word !== 'x').uid('added') : source
    filtered
      .keyBy((word) => word)
      .process({
        output: {} as Counted,
        state: { count: valueState<number>(0) },
        element(word, ctx) {
          ctx.state.count.update(ctx.state.count.value() + 1)
          ctx.emit({ word, count: ctx.state.count.value() })
        },
      })
      .uid(uid)
      .sinkTo(toArray(output))
      .uid('other sink')
    return env
  }

  it('goes on in a program with a stateless operator added and another removed', async () => {
    const { feed, process, path } = await saved()
    feed.push('x', 'to')
    const output: Counted[] = []
    // The sink's own state is that of words that were delivered: the program has another sink now.
    const observed = await process.submit(changed(feed, output, {}), {
      fromSavepoint: path,
      allowNonRestoredState: true,
    })
    await process.until(() => output.length === 1)
    expect(shown(output)).toEqual(['to 3'])
    expect(observed.job.checkpointStats().restored).toMatchObject({ checkpointId: 1, isSavepoint: true })
  })

  it('refuses state that the program has no operator for, unless it may be dropped', async () => {
    const { feed, process, path } = await saved()
    const program = () => changed(feed, [], { uid: 'renamed' })
    const refused = process.submit(program(), { fromSavepoint: path })
    await expect(refused).rejects.toMatchObject({
      code: 'RESTORE_STATE_UNMATCHED',
      message: expect.stringMatching(/"count" \(uid "count"\).*\.uid\('count'\)/s),
    })
    const plan = await process.session.planRestore(program(), { fromSavepoint: path, allowNonRestoredState: true })
    expect(plan?.operators.map(({ name, outcome }) => `${name} ${outcome}`)).toContain('count dropped')
    const observed = await process.submit(program(), { fromSavepoint: path, allowNonRestoredState: true })
    await observed.is('RUNNING')
    expect(observed.warnings.join('\n')).toContain('The state of operator "count"')
  })

  it('is asked for by a retained checkpoint as well, in any form of its path', async () => {
    const dir = temporaryDir()
    const { output, environment, observed, process, feed, newest } = await died(dir, 2, {})
    await process.settle(process.session.close())
    const chk = join(dir, observed.job.id, `chk-${newest}`)
    let seed = 10
    for (const path of [chk, `${chk}/`, join(chk, '_metadata'), `file://${chk}`]) {
      const next = new SimulatedProcess({ seed: seed++ })
      const job = await next.submit(environment, { fromSavepoint: path })
      expect(job.job.id).not.toBe(observed.job.id)
      const before = output.length
      feed.push('to')
      await next.until(() => output.length > before)
      await job.completes(1)
      expect(job.completed[0]).toBeGreaterThan(newest)
      await next.settle(job.job.cancel())
      expect(existsSync(join(chk, '_metadata'))).toBe(true)
    }
  })

  it('cannot be asked for together with a resume', async () => {
    const { feed, process, path } = await saved()
    await expect(process.submit(counting(feed, []), { fromSavepoint: path, resume: true })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })
})
