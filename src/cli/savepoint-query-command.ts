/** `tidemark savepoint query`: the rows of a savepoint as lines of JSON. */
import { querySavepoint } from '../savepoint/query-savepoint.ts'
import { parseKey, printTagged } from '../savepoint/tagged-json.ts'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { printing } from './printing.ts'
import { countOf, opened, pathsOf } from './savepoint-argument.ts'

export const savepointQueryCommand: Command = {
  name: 'savepoint query',
  usage: '[--operator <name>] [--state <name>] [--key <json>] <path>',
  about: 'Prints the rows of a savepoint or retained checkpoint, one line of JSON each. Needs no session.',
  example: `tidemark savepoint query --operator count --key '"apples"' /data/savepoints/savepoint-5e20cb-94f1c7a2be01`,
  flags: [
    { names: ['--operator'], value: 'needed', valueName: 'name', about: 'Only of this operator: its uid, id or name.' },
    {
      names: ['--state'],
      value: 'needed',
      valueName: 'name',
      about: 'Only of the state, timers or list of this name.',
    },
    {
      names: ['--key'],
      value: 'needed',
      valueName: 'json',
      about: 'Only of this key: "a", 7, true, null, {"$bigint":"7"}; what is no JSON is a string.',
    },
    { names: ['--limit'], value: 'needed', valueName: 'n', about: 'At most so many rows. Default: all.' },
    defineFlag,
  ],
  run: query,
}

async function query(invocation: Invocation): Promise<number> {
  const { flags, context } = invocation
  const [path = ''] = pathsOf(invocation, ['the path of a savepoint'])
  const limit = countOf(invocation, '--limit', Number.POSITIVE_INFINITY)
  const key = flags.value('--key')
  const savepoint = await opened(path, invocation)
  const rows = querySavepoint(savepoint, {
    operator: flags.value('--operator'),
    state: flags.value('--state'),
    key: key === undefined ? undefined : parseKey(key),
  })
  return printing(context.stdout, async (print) => {
    let printed = 0
    if (limit === 0) return 0
    for await (const row of rows) {
      await print(printTagged(row))
      if (++printed >= limit) break
    }
    return 0
  })
}
