/**
 * Ways to spoil a correct run, each with the checker that must notice. A mutation gives nothing for a run in which it is not
 * possible, so that each one that it gives must be rejected.
 */
import type { Fact } from '../../../src/testing/checkers/facts.ts'
import { after, at, change, drop, dropLast, is, type Mutation, moved, type Of, places, repeat } from './spoiling.ts'

/** Checkpoints that completed, in order. */
const completed = (facts: readonly Fact[]) => facts.filter((fact) => fact.type === 'completed')
const finished = (facts: readonly Fact[]) => facts.some(is('job.over'))
/** Only of a run that finished, so that nothing is excused. */
const ifFinished =
  (mutation: Mutation): Mutation =>
  (facts) =>
    finished(facts) ? mutation(facts) : undefined

/** Up to the end of an attempt: is this still the same one? */
const sameAttempt = (facts: readonly Fact[], from: number, to: number): boolean =>
  !facts.slice(from, to).some((fact) => fact.type === 'attempt.began' || fact.type === 'process.died')

/** A record that comes behind a barrier is taken before `place(barrier)`. */
function takeEarly(facts: readonly Fact[], place: (barrier: number, channel: string) => number | undefined) {
  for (const barrier of places(facts, is('barrier.consumed'))) {
    const { channel } = facts[barrier] as Of<'barrier.consumed'>
    const record = facts.findIndex((fact, i) => i > barrier && is('consumed', (one) => one.channel === channel)(fact))
    const to = place(barrier, channel)
    if (record === -1 || to === undefined || to >= record || !sameAttempt(facts, barrier, record)) continue
    const sending = facts.findLastIndex((fact, i) => i < record && is('sent', (one) => one.channel === channel)(fact))
    if (sending < Math.min(to, barrier)) return moved(facts, record, to)
  }
  return undefined
}

/** A barrier that was sent after a record goes before it, in a checkpoint that completed. */
const barrierEarly: Mutation = (facts) => {
  for (const { checkpointId } of completed(facts)) {
    const triggered = facts.findIndex(is('triggered', (one) => one.checkpointId === checkpointId))
    for (const barrier of places(
      facts,
      is('barrier.sent', (one) => one.checkpointId === checkpointId),
    )) {
      const { channel, attempt } = facts[barrier] as Of<'barrier.sent'>
      const sent = is('sent', (one) => one.channel === channel && one.attempt === attempt)
      const before = facts.findLastIndex((fact, i) => i < barrier && sent(fact))
      if (before > triggered) return moved(facts, barrier, before)
    }
  }
  return undefined
}

const commitEarly: Mutation = (facts) => {
  const place = facts.findIndex(is('committed', ({ items }) => items.length > 0))
  if (place === -1) return undefined
  const manifest = facts.findIndex(is('manifest.stored', ({ kind }) => kind !== 'savepoint'))
  return moved(facts, place, manifest)
}

const withoutAcknowledgement: Mutation = (facts) => {
  const [first] = completed(facts)
  return (
    first &&
    facts.filter(
      (fact) =>
        !is('acknowledgement.heard', (one) => one.subtask === 't' && one.checkpointId === first.checkpointId)(fact),
    )
  )
}

const stopped = is('snapshot.taken', ({ kind, subtask }) => kind === 'stop-suspend' && subtask === 'a')
const restored = (fact: { readonly restored: number | undefined }) => fact.restored !== undefined

export const mutations: readonly (readonly [what: string, checker: string, mutation: Mutation])[] = [
  ['a barrier before a record that was sent first', 'S1', barrierEarly],
  ['a record taken before the barrier that it follows', 'S2', (facts) => takeEarly(facts, (barrier) => barrier)],
  ['a barrier consumed twice', 'S2', repeat(is('barrier.consumed'))],
  [
    'an input that is not blocked',
    'S3',
    (facts) => {
      const blockedAt = facts.findIndex(
        (fact, i) =>
          is('input.blocked')(fact) && is('barrier.consumed')(facts[i - 1]!) && !is('snapshot.taken')(facts[i + 1]!),
      )
      if (blockedAt === -1) return undefined
      const { channel, attempt } = facts[blockedAt] as Of<'input.blocked'>
      return facts.toSpliced(blockedAt + 1, 0, { type: 'consumed', channel, attempt, sequence: 0, records: 1 })
    },
  ],
  ['a snapshot taken twice', 'S4', repeat(is('snapshot.taken'))],
  [
    'a barrier that is not sent',
    'S4',
    (facts) => {
      const place = facts.findIndex(
        (fact, i) =>
          is('barrier.sent')(fact) &&
          facts
            .slice(i + 1)
            .some(
              is(
                'acknowledged',
                (one) =>
                  one.checkpointId === (fact as Of<'barrier.sent'>).checkpointId &&
                  `${one.subtask}>` === (fact as Of<'barrier.sent'>).channel.slice(0, 2),
              ),
            ),
      )
      return at(facts, place)
    },
  ],
  [
    'a barrier sent before its snapshot',
    'S4',
    (facts) => {
      const barrier = facts.findIndex(is('barrier.sent'))
      const { channel, checkpointId } = (facts[barrier] ?? {}) as Of<'barrier.sent'>
      const taken = facts.findIndex(
        is('snapshot.taken', (one) => one.checkpointId === checkpointId && one.subtask === channel[0]),
      )
      return barrier === -1 ? undefined : moved(facts, barrier, taken)
    },
  ],
  ['a completion without an acknowledgement', 'S5', withoutAcknowledgement],
  [
    'an acknowledgement of another attempt',
    'S5',
    (facts) => {
      const [first] = completed(facts)
      return (
        first &&
        facts.map((fact) =>
          is('acknowledgement.heard', (one) => one.checkpointId === first.checkpointId)(fact)
            ? { ...(fact as Of<'acknowledgement.heard'>), attempt: 99 }
            : fact,
        )
      )
    },
  ],
  ['a checkpoint that completes twice', 'S5', repeat(is('completed'))],
  [
    'a completed checkpoint that is aborted',
    'S5',
    after(is('completed'), (fact) => ({ ...(fact as Of<'completed'>), type: 'aborted', reason: 'CHECKPOINT_EXPIRED' })),
  ],
  ['an acknowledgement before the bytes', 'S6', drop(is('snapshot.durable'))],
  [
    'a manifest that is stored late',
    'S6',
    (facts) => {
      const stored = facts.findIndex(is('manifest.stored'))
      const done = facts.findIndex(is('completed'))
      return stored === -1 || done < stored ? undefined : moved(facts, stored, done + 1)
    },
  ],
  [
    'a pointer that is never published',
    'S6',
    (facts) => {
      const done = facts.find(is('completed', ({ kind }) => kind !== 'checkpoint')) as Of<'completed'> | undefined
      return (
        done && at(facts, facts.findIndex(is('savepoint.published', (one) => one.checkpointId === done.checkpointId)))
      )
    },
  ],
  [
    'an id that is used again',
    'S7',
    (facts) => {
      const [first, second] = places(facts, is('triggered'))
      return second === undefined || facts.slice(first, second).some(is('process.died'))
        ? undefined
        : at(facts, second, {
            ...(facts[second] as Of<'triggered'>),
            checkpointId: (facts[first!] as Of<'triggered'>).checkpointId,
          })
    },
  ],
  [
    'a restart from nothing',
    'S7',
    change('attempt.began', (fact) => (restored(fact) ? { restored: undefined } : undefined)),
  ],
  [
    'a newest checkpoint that is forgotten',
    'S7',
    change('settled', ({ latest }) => (latest === undefined ? undefined : { latest: undefined })),
  ],
  [
    'the newest checkpoint deleted',
    'S8',
    after(
      is('completed', ({ kind }) => kind === 'checkpoint'),
      (fact, facts) => {
        const { checkpointId } = fact as Of<'completed'>
        const lives = ['attempt.began', 'attempt.over', 'process.died']
        const last = facts.slice(0, facts.indexOf(fact)).findLast((one) => lives.includes(one.type))
        return last?.type === 'attempt.began' ? { type: 'checkpoint.deleted', checkpointId, epoch: 99 } : undefined
      },
    ),
  ],
  ['a pin that is lost', 'S8', drop(is('pinned'))],
  [
    'a subtask with no state',
    'S9',
    change('subtask.began', (fact) => (restored(fact) ? { restored: undefined } : undefined)),
  ],
  [
    'a restart from what is not stored',
    'S9',
    (facts) => {
      const began = facts.find((fact) => fact.type === 'attempt.began' && restored(fact)) as
        | Of<'attempt.began'>
        | undefined
      return began && at(facts, facts.findIndex(is('manifest.stored', (one) => one.checkpointId === began.restored)))
    },
  ],
  [
    'a record of an older attempt',
    'S9',
    after(
      is('attempt.began', ({ attempt }) => attempt > 1),
      (fact) => ({
        type: 'consumed',
        channel: 'a>t',
        sequence: 0,
        records: 1,
        attempt: (fact as Of<'attempt.began'>).attempt - 1,
      }),
    ),
  ],
  [
    'items that come again with a newer checkpoint',
    'S10',
    (facts) => {
      const [first] = places(
        facts,
        is('committed', ({ items }) => items.length > 0),
      )
      return first === undefined ? undefined : [...facts, { ...(facts[first] as Of<'committed'>), checkpointId: 99 }]
    },
  ],
  ['a commit before its manifest', 'S11', commitEarly],
  [
    'a transaction that is never committed',
    'S11',
    ifFinished((facts) => {
      const last = facts.findLast(is('committed', ({ items }) => items.length > 0)) as Of<'committed'> | undefined
      return last && facts.filter((fact) => fact.type !== 'committed' || fact.checkpointId !== last.checkpointId)
    }),
  ],
  ['key groups that nobody restores', 'S12', drop(is('key-groups.restored'))],
  [
    'key groups that two restore',
    'S12',
    change('key-groups.restored', ({ first }) => (first === 4 ? { first: 3 } : undefined)),
  ],
  [
    'a checkpoint too many',
    'S13',
    after(
      is('triggered', ({ kind }) => kind === 'checkpoint'),
      (fact) => ({ ...(fact as Of<'triggered'>), checkpointId: 99 }),
    ),
  ],
  [
    'a source that goes on after its last barrier',
    'S15',
    after(stopped, (fact) => ({
      type: 'source.emitted',
      subtask: 'a',
      records: 1,
      attempt: (fact as Of<'snapshot.taken'>).attempt,
    })),
  ],
  [
    'a writer whose time is over',
    'S16',
    change('manifest.stored', ({ epoch }) => (epoch > 1 ? { epoch: epoch - 1 } : undefined)),
  ],
  ['a record that is lost', 'S17', ifFinished(dropLast(is('consumed')))],
  ['a record that comes twice', 'S17', repeat(is('consumed'))],
  ['a checkpoint that never ends', 'L1', ifFinished(dropLast(is('completed')))],
  [
    'a checkpoint that is aborted in the end',
    'L2',
    (facts) => {
      const place = facts.findIndex(
        is('aborted', ({ kind, reason }) => kind === 'checkpoint' && reason === 'CHECKPOINT_EXPIRED'),
      )
      return place === -1 ? undefined : facts.slice(0, place + 1)
    },
  ],
  [
    'inputs that stay blocked',
    'L3',
    (facts) => {
      const place = facts.findIndex(is('inputs.unblocked'))
      return place === -1 ? undefined : facts.slice(0, place)
    },
  ],
  [
    'a subtask that does not begin again',
    'L4',
    (facts) => {
      const place = facts.findLastIndex(is('subtask.began'))
      return facts.slice(0, place)
    },
  ],
  [
    'output that is missing',
    'L5',
    ifFinished((facts) => {
      const last = facts.findLast(is('committed', ({ items }) => items.length > 0)) as Of<'committed'> | undefined
      const stop = completed(facts).some(({ kind }) => kind === 'stop-suspend')
      return stop
        ? undefined
        : last && facts.filter((fact) => fact.type !== 'committed' || fact.checkpointId !== last.checkpointId)
    }),
  ],
  [
    'a request without an answer',
    'L6',
    ifFinished((facts) => {
      const place = facts.findLastIndex(is('savepoint.answered'))
      return facts.slice(place).some(is('process.died')) ? undefined : at(facts, place)
    }),
  ],
  ['a request that is answered twice', 'L6', repeat(is('savepoint.answered'))],
  [
    'bytes that nobody removes',
    'L7',
    ifFinished((facts) => {
      const aborted = facts.find(is('aborted')) as Of<'aborted'> | undefined
      const gone = is('checkpoint.deleted', (one) => one.checkpointId === aborted?.checkpointId)
      return aborted && facts.some(gone) ? facts.filter((fact) => !gone(fact)) : undefined
    }),
  ],
]
