/**
 * Edges that neither a whole system nor a chart alone takes, each with the reason; at present there are none. One that is
 * taken after all must go from here.
 */
export type Uncovered = Readonly<Record<string, Readonly<Record<string, string>>>>

export const uncovered: Uncovered = {}
