/** The published part `tidemark/backends`: keyed state, checkpoint storage and savepoint stores, with their contracts. */
export { heapStateBackend } from './heap-state.ts'
export type * from './state-backend.ts'
