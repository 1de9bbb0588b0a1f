/** Makes saved/history of what was counted before there was a job: the job that starts from it counts on. */
import { SavepointBuilder } from 'tidemark/savepoint'

async function* earlier(): AsyncGenerator<[string, number]> {
  yield ['ann', 1_200]
  yield ['bob', 340]
}

await SavepointBuilder.empty({ jobName: 'orders' })
  .addOperator({
    uid: 'customers',
    keyed: {
      count: { kind: 'value', rows: earlier() },
      articles: { kind: 'list', rows: new Map([['ann', ['apples']]]) },
    },
  })
  .write('saved/history')
