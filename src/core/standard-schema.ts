/**
 * Standard Schema, version 1, as far as a validator is asked here: the interface that zod, valibot, arktype and others share,
 * so that a program may check its state with any of them and tidemark depends on none.
 *
 * Types only. Asked by `backends/schema-check.ts`.
 */

/** Something that says whether a value is an `Input`. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    /** Only for the compiler. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}
