/**
 * The runtime under a job: `tidemark/actors`. For hosting the actors in another scheduler, for running a job under a
 * simulated one, and for watching every step of every machine.
 *
 * ```ts
 * import { SimulatedKernel } from 'tidemark/actors'
 *
 * const simulation = new SimulatedKernel({ seed: 1 })
 * simulation.kernel.spawn(address, (self) => new MyActor(self))
 * await simulation.runToEnd()
 * ```
 */
export { Channel, OutputGate } from './channel.ts'
export { CoordinatorActor, type CoordinatorServices } from './coordinator-actor.ts'
export type { Host, LogLevel } from './host.ts'
export { JobActor, type JobDeployment, type JobServices } from './job-actor.ts'
export type { ClientMessage, CoordinatorMessage, JobMessage, SavepointMessage } from './job-messages.ts'
export { type Actor, type CrashListener, Kernel, Self } from './kernel.ts'
export { createRealKernel, type RealHostOptions } from './real-host.ts'
export {
  type FoundSavepoint,
  SavepointActor,
  type SavepointPlace,
  type SavepointServices,
  savepointsAddress,
} from './savepoint-actor.ts'
export { SimulatedKernel, type SimulatedKernelOptions } from './simulated-host.ts'
export { SubtaskActor } from './subtask-actor.ts'
export type * from './subtask-descriptor.ts'
export type { SubtaskMessage } from './subtask-messages.ts'
export type { SubtaskServices } from './subtask-services.ts'
export { noTap, type StepSeen, type Tap } from './tap.ts'
