/** An actor that only listens, and the names that these tests share. */
import type { Actor, Kernel } from '../../src/actors/kernel.ts'
import type { Address, CheckpointId, JobId } from '../../src/core/ids.ts'

export const jobId = 'a'.repeat(32) as JobId
export const ck = (id: number): CheckpointId => id as CheckpointId
export const at = (address: string): Address => address as Address

export class Probe implements Actor<{ readonly type: string }> {
  readonly received: { readonly type: string }[] = []

  receive(message: { readonly type: string }): void {
    this.received.push(message)
  }

  get types(): string[] {
    return this.received.map(({ type }) => type)
  }

  /** What it has heard since it was last asked. */
  take(): { readonly type: string }[] {
    return this.received.splice(0)
  }
}

export const spawnProbe = (kernel: Kernel, address: Address): Probe => kernel.spawn(address, () => new Probe())
