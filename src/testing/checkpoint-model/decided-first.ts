/**
 * The outputs of a step with what was decided before what is sent. The runtime posts its messages, and whoever gets one
 * takes it later; the model delivers some at once, and what follows from those must not be told before what led to it.
 */
import type { Output } from '../explorer/system.ts'

export const decidedFirst = (outputs: readonly Output[]): readonly Output[] => {
  const sends = outputs.filter(({ type }) => type === 'send')
  return sends.length === 0 ? outputs : [...outputs.filter(({ type }) => type !== 'send'), ...sends]
}
