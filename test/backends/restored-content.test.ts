import { describe, expect, it } from 'vitest'
import { type RestoredState, restoredContent } from '../../src/backends/restored-content.ts'
import { refusalOf } from '../../src/backends/schema-check.ts'
import { keyLabel } from '../../src/core/key-label.ts'
import type { SchemaResult, StandardSchemaV1 } from '../../src/core/standard-schema.ts'

const schemaOf = (
  validate: (value: unknown) => SchemaResult<unknown> | Promise<SchemaResult<unknown>>,
): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'test', validate },
})

const numbers = schemaOf((value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'not a number' }] }))

const restored = (more: Partial<RestoredState>): RestoredState => ({
  stored: { name: 'total', kind: 'value' },
  declared: { kind: 'value', initial: 0 },
  operator: { operatorName: 'sum', uid: 'sums' },
  nowMs: 0,
  ...more,
})

describe('a schema', () => {
  it('is asked what is wrong, in one line', () => {
    expect(refusalOf(numbers, 7, () => 'it')).toBeUndefined()
    expect(refusalOf(numbers, '7', () => 'it')).toBe('not a number')
    const deep = schemaOf(() => ({
      issues: [{ message: 'too long', path: ['names', { key: 3 }, 'first'] }, { message: 'x' }, { message: 'y' }],
    }))
    expect(refusalOf(deep, 7, () => 'it')).toBe('names.3.first: too long, and 2 more')
    expect(
      refusalOf(
        schemaOf(() => ({ issues: [] })),
        7,
        () => 'it',
      ),
    ).toBe('it was refused without a reason')
  })

  it('refuses what it throws at', () => {
    const throws = schemaOf(() => {
      throw new Error('no idea')
    })
    expect(refusalOf(throws, 7, () => 'it')).toBe('the schema threw no idea')
  })

  it('may not answer with a promise, whatever comes of it', () => {
    for (const validate of [async () => ({ value: 1 }), async () => Promise.reject(new Error('later'))]) {
      expect(() => refusalOf(schemaOf(validate), 7, () => 'state "total" of operator "sum"')).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT_INVALID',
          message: expect.stringMatching(
            /^The schema of state "total" of operator "sum" answers with a promise: expected/,
          ),
        }),
      )
    }
  })
})

describe('an answer that says neither yes nor no', () => {
  const answers: readonly (readonly [unknown, string])[] = [
    [undefined, 'undefined'],
    [true, 'true'],
    [null, 'null'],
    [{}, 'an object with nothing in it'],
    [{ success: false, error: 'no' }, 'an object with success, error'],
    ...[
      [null],
      ['bad'],
      [{}],
      [{ message: 3 }],
      [{ message: 'x', path: 'a' }],
      [{ message: 'x', path: [null] }],
      'bad',
    ].map((issues) => [{ issues }, 'an object with issues, whose issues are not such a list'] as const),
  ]

  it.each(answers)('is refused: %j', (answer, got) => {
    const schema = schemaOf(() => answer as SchemaResult<unknown>)
    expect(() => refusalOf(schema, 7, () => 'it')).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        message: expect.stringContaining(
          `The schema of it answers with ${got}: expected what a Standard Schema answers`,
        ),
      }),
    )
  })

  it('names operator, state and key when state is restored', () => {
    const schema = schemaOf(() => undefined as never)
    const convert = restoredContent(restored({ declared: { kind: 'value', initial: 0, schema } }))!
    expect(() => convert(7, 'ada')).toThrow(
      'The schema of state "total" of operator "sum" (uid "sums") for key "ada" answers with undefined: expected',
    )
  })
})

describe('restored content', () => {
  it('stays what it is when nothing has changed and nothing is asked', () => {
    expect(restoredContent(restored({}))).toBeUndefined()
  })

  it('is refused at once when the state cannot be converted', () => {
    expect(() => restoredContent(restored({ declared: { kind: 'map' } }))).toThrow(
      expect.objectContaining({
        code: 'RESTORE_STATE_INCOMPATIBLE',
        message:
          'State "total" of operator "sum" (uid "sums") cannot be restored: it was written as value, and the program declares ' +
          'map: there are no keys to put its values under. To restore it, declare it as value, or under another name.',
      }),
    )
  })

  it('names operator, state and key when migrate throws, and no restart would help', () => {
    const migrate = () => {
      throw new Error('what is this?')
    }
    const convert = restoredContent(restored({ declared: { kind: 'value', initial: 0, version: 2, migrate } }))!
    expect(() => convert(1, 'ada')).toThrow(
      expect.objectContaining({
        code: 'RESTORE_STATE_INCOMPATIBLE',
        message:
          'State "total" of operator "sum" (uid "sums") cannot be restored for key "ada": migrate(old, 0) threw what is this?.',
        restartable: false,
        details: { operator: 'sum', uid: 'sums', state: 'total', key: '"ada"' },
      }),
    )
  })

  it('is held against the schema after it was converted, without its times', () => {
    const declared = { kind: 'list', version: 1, migrate: Number, schema: numbers, ttl: { ms: 5 } } as const
    const convert = restoredContent(restored({ stored: { name: 'total', kind: 'list', ttl: true }, declared }))!
    expect(convert([[3, '7']], 'ada')).toEqual([[3, 7]])
    const strict = restoredContent(restored({ declared: { kind: 'value', initial: 0, schema: numbers } }))!
    expect(strict(7, 'ada')).toBe(7)
    expect(() => strict('7', 42)).toThrow(
      'State "total" of operator "sum" (uid "sums") cannot be restored for key 42: its schema refuses what is stored: not a number.',
    )
  })
})

describe('a key in a message', () => {
  it('is shortened', () => {
    expect([keyLabel('a'), keyLabel(7), keyLabel(2n), keyLabel(null), keyLabel(undefined)]).toEqual([
      '"a"',
      '7',
      '2',
      'null',
      'undefined',
    ])
    expect(keyLabel('x'.repeat(100))).toBe(`"${'x'.repeat(59)}…`)
  })
})
