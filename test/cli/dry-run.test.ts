import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { restoreLines } from '../../src/cli/restore-plan-text.ts'
import '../../src/cli/dry-run.ts'
import { loadJob } from '../../src/cli/load-job.ts'
import { StreamError } from '../../src/core/errors.ts'
import type { OperatorId } from '../../src/core/ids.ts'
import type { RestorePlan } from '../../src/deployment/restore-plan.ts'
import { fakePlan, plannedOperator, plannedState } from '../rest/fake-plan.ts'
import { FakeSession } from '../rest/fake-session.ts'
import { fixtures, makeCli } from './cli.ts'

const file = 'word-count.ts'

/** A command line whose own session plans like this. */
function planning(plan: Partial<RestorePlan>, refuse?: StreamError) {
  const session = new FakeSession(makeCli().clock)
  session.plan = plan
  session.refuse = refuse
  return { cli: makeCli({ createSession: () => session }), session }
}

describe('run --dry-run', () => {
  it('prints the plan, runs nothing, and exits with 0 when nothing would be lost', async () => {
    const cli = makeCli()
    expect(await cli.run('run', '--dry-run', '-s', '/sp/1', '--map-state', 'a=b', file)).toBe(0)
    expect(cli.out()).toContain('Restoring from /sp/1: savepoint 7 of job "word count"')
    expect(cli.out()).toContain('It would restore without loss.\n')
    expect(cli.sessions[0]?.planned).toMatchObject([{ fromSavepoint: '/sp/1', stateMapping: [{ from: 'a', to: 'b' }] }])
    expect([cli.sessions[0]?.jobs(), cli.sessions[0]?.closed]).toEqual([[], true])
  })

  it.each([
    [3, { verdict: 'drops-state', starts: false }],
    [3, { verdict: 'drops-state', starts: true }],
    [4, { verdict: 'impossible', starts: false }],
  ] as const)('exits with %i for %j', async (code, plan) => {
    const { cli } = planning(plan)
    expect(await cli.run('run', '--dry-run', '-s', '/sp/1', file)).toBe(code)
  })

  it('--json prints the plan for programs', async () => {
    const { cli } = planning({ verdict: 'drops-state' })
    expect(await cli.run('run', '--dry-run', '--json', '-s', '/sp/1', file)).toBe(3)
    expect(JSON.parse(cli.out())).toMatchObject({
      path: '/sp/1',
      verdict: 'drops-state',
      operators: [{ uid: 'count' }],
    })
    const alone = makeCli()
    expect(await alone.run('run', '--json', file)).toBe(1)
    expect(alone.out()).toContain('--dry-run')
  })

  it('exits with 4 when the snapshot cannot be read, and with 1 for other mistakes', async () => {
    for (const json of [[], ['--json']]) {
      const { cli } = planning({}, new StreamError('MANIFEST_DAMAGED', 'It is rubbish.'))
      expect(await cli.run('run', '--dry-run', ...json, '-s', '/sp/1', file)).toBe(4)
      expect(cli.err()).toBe('error[MANIFEST_DAMAGED]: It is rubbish.\n')
      expect(cli.out()).toBe(
        json.length === 0
          ? ''
          : `${JSON.stringify({ verdict: 'impossible', problems: [{ code: 'MANIFEST_DAMAGED', message: 'It is rubbish.' }] }, null, 2)}\n`,
      )
    }
    const { cli } = planning({}, new StreamError('UID_MISSING', 'No uid.'))
    expect(await cli.run('run', '--dry-run', '-s', '/sp/1', file)).toBe(1)
  })

  it('of a job that has finished says so, as the run would', async () => {
    const { cli } = planning({}, new StreamError('JOB_FINISHED', 'It has finished.'))
    expect([await cli.run('run', '--dry-run', '--resume', file), cli.out()]).toEqual([0, 'It has finished.\n'])
  })

  it('without anything to restore prints the plan of the job', async () => {
    const cli = makeCli()
    expect(await cli.run('run', '--dry-run', file)).toBe(0)
    expect(cli.out()).toContain("Job 'word count'")
    expect(cli.out()).toContain('Nothing would be restored: every operator starts empty.')
    expect(await cli.run('run', '--dry-run', '--resume', file)).toBe(0)
    expect(cli.out()).toContain('There is no checkpoint of job "word count": every operator starts empty.')
    expect(await cli.run('run', '--dry-run', '--json', file)).toBe(0)
    expect(cli.out()).toMatch(/\nnull\n$/)
  })

  it('asks a session that answers, since it knows what is in its memory', async () => {
    const cli = makeCli()
    const submission = { jobRoot: fixtures, loadJob: (path: string) => loadJob(path, [], (url) => import(url)) }
    const session = cli.serve('127.0.0.1:8081', { submission })
    session.plan = { verdict: 'drops-state', starts: true }
    expect(await cli.run('run', '--dry-run', '-n', '-s', 'jobmanager://savepoints/1', file)).toBe(3)
    expect(session.planned).toMatchObject([{ fromSavepoint: 'jobmanager://savepoints/1', allowNonRestoredState: true }])
    expect([session.jobs(), cli.sessions]).toEqual([[], []])
    expect(await cli.run('run', '--dry-run', '--resume', file)).toBe(0)
    expect(cli.out()).toContain('every operator starts empty')
    expect(await cli.run('run', '--dry-run', '-s', join(fixtures, 'missing'), file)).toBe(4)
    expect(cli.err()).toContain('error[SAVEPOINT_NOT_FOUND]')
  })
})

describe('the text of a plan', () => {
  it('says what a savepoint points to', () => {
    const [first, second] = restoreLines({ ...fakePlan, path: '/final/savepoint-1' })
    expect([first, second]).toEqual([
      'Restoring from /final/savepoint-1: savepoint 7 of job "word count", taken 1970-01-01T00:00:00.000Z',
      'Its state is that of /sp/1',
    ])
  })

  it('has a row for each operator and each of its states', () => {
    const plan: RestorePlan = {
      ...fakePlan,
      operators: [
        plannedOperator('words', { bytes: 4, states: [plannedState(undefined, { kind: 'whole' })] }),
        plannedOperator('count', {
          outcome: 'migrated',
          bytes: 2_048,
          parallelism: { stored: 2, program: 4 },
          from: plannedOperator('old'),
          states: [
            plannedState('total', {
              from: 'sum',
              storedKind: 'value',
              kind: 'list',
              outcome: 'migrated',
              why: 'a list of one',
            }),
            plannedState('seen', { version: { stored: 1, program: 2 }, outcome: 'migrated', why: 'by migrate' }),
            plannedState('last', { outcome: 'new', version: { stored: undefined, program: 3 } }),
            plannedState('files', { kind: 'split', items: 1 }),
            plannedState('$watermark', { kind: 'union', items: 2 }),
          ],
        }),
        plannedOperator('map', { outcome: 'stateless', uid: undefined, id: 'cd'.repeat(16) as OperatorId }),
        plannedOperator('sums', {
          outcome: 'refused',
          refusals: [{ code: 'RESTORE_STATE_INCOMPATIBLE', message: 'It cannot.' }],
        }),
        plannedOperator('gone', {
          outcome: 'dropped',
          bytes: 7,
          states: [plannedState('s', { outcome: 'dropped' })],
          remedies: [
            { type: '--map-state gone=sums', effect: 'keeps', guessed: true },
            { type: `.uid('gone')`, effect: 'keeps', guessed: false },
            { type: '--allowNonRestoredState', effect: 'drops', guessed: false },
          ],
        }),
      ],
      verdict: 'impossible',
      starts: false,
      problems: [
        { code: 'STATE_MAPPING_INVALID', message: 'No such mapping.' },
        { code: 'RESTORE_STATE_INCOMPATIBLE', message: 'It cannot.' },
        { code: 'RESTORE_STATE_UNMATCHED', message: 'gone' },
      ],
      warnings: ['Take care.'],
    }
    expect(restoreLines(plan)).toEqual([
      'Restoring from /sp/1: savepoint 7 of job "word count", taken 1970-01-01T00:00:00.000Z',
      '',
      `  as is      words  uid 'words'                                  4 B`,
      '               not by key  one value per subtask  as is',
      `  migrated   count  uid 'count'                                  2.0 KB  from uid 'old', from 2 to 4 subtasks`,
      '               total      value to list                                migrated from sum: a list of one',
      '               seen       value                        version 1 to 2  migrated: by migrate',
      '               last       value                        version 3       new',
      '               files      split list of 1 item                         as is',
      '               watermark  how far event time had come                  as is',
      `  stateless  map    no uid, id ${'cd'.repeat(16)}`,
      `  refused    sums   uid 'sums'`,
      '               ! error[RESTORE_STATE_INCOMPATIBLE]: It cannot.',
      `  dropped    gone   uid 'gone'                                   7 B`,
      '               s  value  dropped',
      '               to keep it: --map-state gone=sums  (if this is what it is called now)',
      `                       or: .uid('gone')`,
      '               to drop it: --allowNonRestoredState',
      '',
      'Problems',
      '  ! error[STATE_MAPPING_INVALID]: No such mapping.',
      '',
      'Warnings',
      '  ! Take care.',
      '',
      'It cannot be restored: 2 problems.',
    ])
  })

  it('says whether what is dropped may be', () => {
    const operators = [plannedOperator('gone', { outcome: 'dropped' }), plannedOperator('kept')]
    const verdict = (starts: boolean) => restoreLines({ ...fakePlan, operators, verdict: 'drops-state', starts }).at(-1)
    expect(verdict(false)).toBe('State of 1 operator would be dropped: refused without --allowNonRestoredState.')
    expect(verdict(true)).toBe('State of 1 operator would be dropped, as --allowNonRestoredState allows.')
  })

  it('keeps names from steering the terminal', () => {
    const text = restoreLines({ ...fakePlan, operators: [plannedOperator('a\u001b[2Jb')] }).join('\n')
    expect(text).not.toContain('\u001b')
  })
})
