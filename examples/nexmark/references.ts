/**
 * What the queries must give in the end: plain code over all events at once, slow and obvious, which shares nothing with the
 * queries but the types of their rows.
 */
export { q0 } from './reference/q0.ts'
export { q1 } from './reference/q1.ts'
export { q2 } from './reference/q2.ts'
export { q3 } from './reference/q3.ts'
export { q4 } from './reference/q4.ts'
export { q6 } from './reference/q6.ts'
export { q9 } from './reference/q9.ts'
export { q13 } from './reference/q13.ts'
export { q14 } from './reference/q14.ts'
export { q15 } from './reference/q15.ts'
export { q16 } from './reference/q16.ts'
export { q17 } from './reference/q17.ts'
export { q18 } from './reference/q18.ts'
export { q19 } from './reference/q19.ts'
export { q20 } from './reference/q20.ts'
export { q21 } from './reference/q21.ts'
export { q22 } from './reference/q22.ts'
