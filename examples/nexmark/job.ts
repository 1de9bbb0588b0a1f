/**
 * One query as a job that prints what it emits:
 *
 *   tidemark run examples/nexmark/job.ts q3 20000
 *
 * The words are the query, and how many events there are: 100,000 when nothing is said.
 */
import { print, StreamEnvironment, StreamError } from 'tidemark'
import { queries } from './queries.ts'
import { inEventTime, nexmarkSource } from './source.ts'

export default ([wanted, events = '100000']: readonly string[]): StreamEnvironment => {
  const query = queries.find(({ name }) => name === wanted)
  if (query === undefined) {
    const names = queries.map(({ name }) => name).join(', ')
    throw new StreamError('ARGUMENT_INVALID', `The query of Nexmark is ${wanted}: expected one of ${names}.`)
  }
  const env = StreamEnvironment.create({ name: `nexmark ${query.name}` })
  const source = env.fromSource(nexmarkSource({ events: Number(events) })).uid('events')
  query.build(inEventTime(source)).sinkTo(print()).uid('out')
  return env
}
