/** S18. The state of a machine that was written comes back as it was. Remembers nothing. */
import { defineChecker, violation } from './define-checker.ts'

export const machineRereading = defineChecker<null>({
  name: 'S18',
  title: 'What is written of a machine comes back as it was.',
  initial: null,
  on: {
    'machine.reread': (memory, { machine, same, difference }) =>
      same ? memory : violation(`${machine} came back changed${difference === undefined ? '' : `: ${difference}`}.`),
  },
})
