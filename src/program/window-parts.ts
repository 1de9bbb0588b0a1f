/** Catches at the call what a program without types can get wrong in an assigner, a trigger or an evictor of its own. */
import { StreamError } from '../core/errors.ts'
import { checkDefinition, kindOf } from './program-builder.ts'

/** Fails with `ARGUMENT_INVALID` for what is no window assigner. */
export function checkAssigner(call: string, value: unknown): void {
  checkDescribed(call, value, 'assign')
  const { timeDomain, aligned, defaultTrigger } = value as Readonly<Record<string, unknown>>
  if (timeDomain !== 'event-time' && timeDomain !== 'processing-time') {
    throw invalid(
      `${call} was given an assigner whose timeDomain is ${shown(timeDomain)}`,
      "'event-time' or 'processing-time'",
    )
  }
  checkTrigger(`The defaultTrigger of the assigner of ${call}`, defaultTrigger)
  if (aligned !== undefined) checkAligned(call, aligned)
}

/** The same for a trigger. */
export function checkTrigger(call: string, value: unknown): void {
  checkDescribed(call, value, 'onElement', 'onEventTime', 'onProcessingTime', 'clear')
}

/** The same for an evictor. */
export function checkEvictor(call: string, value: unknown): void {
  const { before } = (value ?? {}) as Readonly<Record<string, unknown>>
  checkDescribed(call, value, before === undefined ? 'after' : 'before')
}

/** Plans and messages name such a part by its description. */
function checkDescribed(call: string, value: unknown, ...methods: readonly string[]): void {
  checkDefinition(call, value, ...methods)
  const { description } = value as Readonly<Record<string, unknown>>
  if (typeof description === 'string' && description !== '') return
  throw invalid(
    `${call} was given ${kindOf(value)} whose description is ${shown(description)}`,
    'a few words that name it in plans and messages',
  )
}

function checkAligned(call: string, value: unknown): void {
  const { size, slide, offset } = (value ?? {}) as Readonly<Record<string, unknown>>
  const whole = [size, slide].every((one) => Number.isSafeInteger(one) && (one as number) > 0)
  if (whole && Number.isSafeInteger(offset) && Math.abs(offset as number) < (slide as number)) return
  throw invalid(
    `${call} was given an assigner whose aligned is ${JSON.stringify(value)}`,
    '{ size, slide, offset } in whole milliseconds, size and slide from 1, the offset smaller than the slide',
  )
}

const shown = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : kindOf(value))

const invalid = (what: string, expected: string): StreamError =>
  new StreamError('ARGUMENT_INVALID', `${what}: expected ${expected}.`)
