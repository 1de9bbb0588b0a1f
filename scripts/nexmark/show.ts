/** Runs queries, one after the other, and prints the first rows of each. */
import { inEventTime, nexmarkSource } from '../../examples/nexmark/source.ts'
import { StreamEnvironment, toArray } from '../../src/index.ts'
import type { Arguments } from './arguments.ts'

const shownRows = 5

/** Did every query come to its end? */
export async function show(args: Arguments, print: (text: string) => void): Promise<boolean> {
  let good = true
  for (const query of args.queries) {
    print(`\n${query.name}: ${query.about}`)
    const env = StreamEnvironment.create({ name: query.name })
    const rows: unknown[] = []
    query
      .build(inEventTime(env.fromSource(nexmarkSource(args)).uid('events')))
      .sinkTo(toArray(rows))
      .uid('rows')
    const { status, error } = await (await env.execute()).done
    for (const row of rows.slice(0, shownRows)) print(`  ${JSON.stringify(row)}`)
    print(`  ${status}: ${rows.length} rows${error === undefined ? '' : `, ${error.message}`}`)
    good &&= status === 'FINISHED'
  }
  return good
}
