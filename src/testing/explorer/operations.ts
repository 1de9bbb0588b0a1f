/**
 * The outputs of a step as a program: three numbers for each operation. What lies between two immediate sends commutes,
 * so the facts of such a stretch are one operation.
 */
import { StreamError } from '../../core/errors.ts'
import type { ActorTable } from './actor-table.ts'
import type { Linker } from './linker.ts'
import type { Message, Output } from './system.ts'

/** Triples of a code and its two operands. */
export type Operations = readonly number[]

export const code = {
  /** Channel, input: one more message in the channel. */
  push: 0,
  /** List of facts, –: observers are told. */
  facts: 1,
  /** Actor, input: the actor takes it now. */
  call: 2,
  /** Actor, list of timer outputs. */
  timers: 3,
  /** Actor, situation: it is as at the start. */
  restart: 4,
  /** Fault, –: its channels lose what is in them. */
  lose: 5,
  /** Actor, –: what follows is its start; changes nothing. */
  begin: 6,
} as const

export function operationsOf(actor: ActorTable, outputs: readonly Output[], linker: Linker): Operations {
  return outputOperations(actor, outputs, linker, false)
}

/** `timersFirst`: also the timers before the first immediate send are operations; else the situation has them. */
export function outputOperations(
  actor: ActorTable,
  outputs: readonly Output[],
  linker: Linker,
  timersFirst: boolean,
): number[] {
  const operations: number[] = []
  let facts: Message[] = []
  let timers: Output[] = []
  let behindCall = timersFirst
  const flush = () => {
    if (facts.length > 0) operations.push(code.facts, linker.facts.id(facts), 0)
    if (timers.length > 0 && behindCall) operations.push(code.timers, actor.index, linker.facts.timerChange(timers))
    facts = []
    timers = []
  }
  for (const output of outputs) {
    if (output.type === 'fact') facts.push(output.fact)
    else if (output.type !== 'send') timers.push(output)
    else {
      const to = linker.actor(output.to, `Actor "${actor.name}" sends "${output.message.type}" to "${output.to}"`)
      const input = to.input(output.message, actor.name)
      if (output.immediate) {
        flush()
        behindCall = true
        operations.push(code.call, to.index, input)
      } else operations.push(code.push, linker.channel(actor.index, to.index).index, input)
    }
  }
  flush()
  return operations
}

export const unknownActor = (name: string, why: string, known: readonly string[]): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${why}, but there is no actor "${name}"; there are ${known.join(', ')}.`, {
    details: { name },
  })
