import { expect, it } from 'vitest'
import { lineFormatter, type RecordFormat } from '../../src/connectors/record-format.ts'
import { codeOf } from './endpoint-harness.ts'

const format = <T>(as: RecordFormat<T>, value: T) => lineFormatter(as, { operatorName: 'out' })(value)

it('writes JSON, text, or what the function returns', () => {
  expect(format('json-lines', { a: [1, null], s: 'é\n' })).toBe('{"a":[1,null],"s":"é\\n"}')
  expect(format('text', 12.5)).toBe('12.5')
  expect(format((value: number) => `<${value}>`, 3)).toBe('<3>')
})

it.each([[undefined], [() => 1], [10n]])('refuses a record that is no JSON: %s', async (value) => {
  const { code, message } = await codeOf(() => format<unknown>('json-lines', value))
  expect(code).toBe('SINK_FAILED')
  expect(message).toContain('"out"')
})

it('names the sink when the function throws', async () => {
  const failing = () => {
    throw new Error('odd')
  }
  const { code, message } = await codeOf(() => format(failing, 1))
  expect(code).toBe('USER_FUNCTION_FAILED')
  expect(message).toMatch(/"out" threw: odd/)
})
