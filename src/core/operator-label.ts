/** How messages name an operator: by its name, and by its uid when it has one, since many share a default name. */

export interface NamedOperator {
  readonly operatorName: string
  readonly uid?: string | undefined
}

/** `"reduce" (uid "totals")`, or `"reduce"` without a uid. */
export const operatorLabel = ({ operatorName, uid }: NamedOperator): string =>
  uid === undefined ? `"${operatorName}"` : `"${operatorName}" (uid "${uid}")`
