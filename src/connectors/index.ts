/** The sources and sinks that come with tidemark; docs/connectors.md says what each of them guarantees. */

export { fromCollection } from './collection.ts'
export type { DeliveryOptions } from './deferred-sink.ts'
export { type GenerateOptions, generate } from './generate.ts'
export { fromIterable, type IterableOptions } from './iterable.ts'
export { type LinesOptions, lines } from './lines.ts'
export { fromObservable, type ObservableOptions, type OverflowPolicy } from './observable.ts'
export { type PrintOptions, print } from './print.ts'
export type { RecordFormat } from './record-format.ts'
export { toArray } from './to-array.ts'
export { type ToFileOptions, toFile } from './to-file.ts'
export { toSubject } from './to-subject.ts'
