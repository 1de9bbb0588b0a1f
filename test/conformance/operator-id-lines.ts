/** The lines about operator ids: what each says, in one sentence. */
import type { Lines } from './catalogue.ts'

export const operatorIds: Lines = {
  A1: 'The same program, built twice, has the same ids, also with several sources and chains.',
  A2: 'Two sources that are the same and not chained have different ids.',
  A3: 'Not to chain what follows a source changes the generated id of that source.',
  A4: 'Not to chain what follows a head in the middle changes the generated id of that head.',
  A5: 'Two branches of one source that are the same have different ids throughout.',
  A6: 'The name of an operator has no part in its id.',
  A7: 'An operator with a uid keeps its id when others are inserted before and behind it.',
  A8: 'A uid that two operators have is refused when the job graph is built.',
  A9: 'An operator inside a chain may have a uid.',
  A10: 'The head of a chain may have a uid.',
  A11: 'A uid hash is the alternative id of its operator.',
  A12: 'Every operator of a chain may have a uid hash.',
  A13: 'With generated ids switched off, an operator without a uid is refused.',
  A14: 'With generated ids switched off, a uid or a uid hash on every operator is enough, and keyBy needs none.',
}
