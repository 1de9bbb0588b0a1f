/** S16. The storage takes writes and deletions of the newest owner only, and each owner's epoch is higher than the last. */
import { defineChecker, violation } from './define-checker.ts'

const write = (epoch: number, { epoch: mine, type }: { readonly epoch: number; readonly type: string }) =>
  mine < epoch ? violation(`${type}: epoch ${mine} still writes, although epoch ${epoch} owns the storage.`) : epoch

export const singleWriter = defineChecker<number>({
  name: 'S16',
  title: 'The storage accepts writes from the highest epoch only.',
  initial: 0,
  on: {
    'lease.taken': (epoch, { epoch: next }) =>
      next > epoch ? next : violation(`The lease was taken with epoch ${next} after ${epoch}.`),
    'manifest.stored': write,
    'state.stored': write,
    'checkpoint.deleted': write,
    'state.deleted': write,
  },
})
