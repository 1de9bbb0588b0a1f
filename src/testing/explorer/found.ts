/** Ends a search or a replay from the middle of a step: something does not hold. Never leaves the explorer. */
export class Found extends Error {
  readonly property: string

  constructor(property: string, message: string) {
    super(message)
    this.property = property
  }
}
