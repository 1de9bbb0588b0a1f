/** The published part `tidemark/backends/lmdb`: keyed state larger than memory. Needs the npm package `lmdb`. */
export { type LmdbStateOptions, lmdbStateBackend } from './lmdb-state.ts'
