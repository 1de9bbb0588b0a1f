/** What is said of a slot of an `LmdbTable`: was it found since the hand's last round; does the database not know its cell; has it a key? */
export const slotMarks = { recent: 1, dirty: 2, used: 4 } as const

/** The cell of a key without an entry. */
export const vacant = Symbol('vacant')
