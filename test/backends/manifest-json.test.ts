import { describe, expect, it } from 'vitest'
import { checksumOf, extendChecksum, printChecksum } from '../../src/backends/checksum.ts'
import { JsonFields } from '../../src/backends/json-fields.ts'
import { type Manifest, manifestVersionOf } from '../../src/backends/manifest.ts'
import { checkFileName, checkManifest } from '../../src/backends/manifest-check.ts'
import { parseManifest, printManifest, printSealed } from '../../src/backends/manifest-json.ts'
import type { ErrorCode } from '../../src/core/error-codes.ts'
import { suiteManifest } from '../../src/testing/checkpoint-storage-subject.ts'

const handle = { file: 'a-0.state', offset: 0, length: 5, checksum: '0000abcd', codec: 1 }
const manifest = suiteManifest(3, [handle, { ...handle, offset: 5 }])
const text = printManifest(manifest, 'x')

/** The manifest with something changed and a correct checksum. */
const changed = (change: (body: Record<string, unknown>) => void): string => {
  const { checksum: _, ...body } = JSON.parse(text) as Record<string, unknown>
  change(body)
  return printSealed(body)
}

type Body = { operators: Record<string, unknown>[]; job: Record<string, unknown> } & Record<string, unknown>
type Subtask = { keyed: Record<string, Record<string, unknown>> & Record<string, unknown> } & Record<string, unknown>
const operatorOf = (body: Record<string, unknown>) => (body as Body).operators[0]!
const subtaskOf = (body: Record<string, unknown>) => (operatorOf(body).subtasks as Subtask[])[0]!

describe('a manifest as text', () => {
  it('comes back as it was', () => {
    expect(parseManifest(text, 'x')).toEqual(manifest)
    const bare: Manifest = { ...suiteManifest(1, undefined), kind: 'stop-drain' }
    expect(parseManifest(printManifest(bare, 'x'), 'x')).toEqual(bare)
  })

  it('can be read by a person, and laid out anew', () => {
    expect(text.split('\n').slice(0, 6)).toEqual([
      '{',
      '  "formatVersion": 1,',
      '  "kind": "checkpoint",',
      '  "job": {',
      `    "id": "${manifest.job.id}",`,
      '    "name": "suite"',
    ])
    expect(parseManifest(JSON.stringify(JSON.parse(text)), 'x')).toEqual(manifest)
  })

  it('does not depend on what else its objects carry', () => {
    const crowded = { ...manifest, job: { name: 'suite', id: manifest.job.id } }
    expect(printManifest(crowded, 'x')).toBe(text)
  })

  it('notices every changed character', () => {
    for (let i = 0; i < text.length; i++) {
      if (/\s/.test(text[i]!)) continue
      const damaged = text.slice(0, i) + (text[i] === 'x' ? 'y' : 'x') + text.slice(i + 1)
      expect(() => parseManifest(damaged, '/a/_metadata'), `character ${i}`).toThrow(
        expect.objectContaining({ code: 'MANIFEST_DAMAGED', message: expect.stringContaining('/a/_metadata') }),
      )
    }
  })

  it('notices every place where it is cut', () => {
    for (let i = 0; i < text.length - 2; i++) expect(() => parseManifest(text.slice(0, i), 'x')).toThrow(/damaged/)
  })

  it('of another version says which', () => {
    const newer = changed((body) => {
      body.formatVersion = 5
      body.news = true
    })
    expect(() => parseManifest(newer, '/a/_metadata')).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_VERSION_UNSUPPORTED',
        message: '/a/_metadata has format version 5: this build reads versions 1 to 4.',
      }),
    )
  })
})

describe('records on their way in a manifest', () => {
  const channel = { ...handle, offset: 10, gate: 0, input: 0, from: 1 }
  const withChannels = (...inFlight: object[]) =>
    changed((body) => {
      body.formatVersion = 2
      subtaskOf(body).inFlight = inFlight
    })

  it('come back as they were', () => {
    const read = parseManifest(withChannels(channel, { ...channel, gate: 1, input: 1 }), 'x')
    expect(read.operators[0]!.subtasks[0]!.inFlight).toEqual([channel, { ...channel, gate: 1, input: 1 }])
    expect(parseManifest(printManifest(read, 'x'), 'x')).toEqual(read)
  })

  it.each<[string, object[], string, ErrorCode?]>([
    ['none', [], 'expected at least one channel, got an empty list'],
    ['one channel twice', [channel, { ...channel, offset: 0 }], 'gate 0 from subtask 1 is there twice'],
    ['a third input', [{ ...channel, input: 2 }], 'inFlight[0].input: expected an integer from 0 to 1, got 2'],
    ['no sender', [{ ...channel, from: undefined }], 'inFlight[0].from: expected an integer'],
    ['something unknown', [{ ...channel, news: 1 }], 'inFlight[0].news: unknown field'],
    ['a path that leaves', [{ ...channel, file: '../a' }], 'expected a relative path', 'PATH_OUTSIDE_ROOT'],
  ])('are refused with %s', (_what, inFlight, message, code = 'MANIFEST_DAMAGED') => {
    expect(() => parseManifest(withChannels(...inFlight), 'x')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  it('do not belong into version 1, which earlier builds read', () => {
    const early = changed((body) => {
      subtaskOf(body).inFlight = [channel]
    })
    expect(() => parseManifest(early, 'x')).toThrow(/inFlight: unknown field/)
  })
})

describe('the rules of a manifest', () => {
  it.each<[string, (body: Record<string, unknown>) => void, string, ErrorCode?]>([
    [
      'a kind that does not exist',
      (b) => (b.kind = 'snapshot'),
      'kind: expected one of checkpoint, savepoint, stop-suspend, stop-drain, got "snapshot"',
    ],
    ['a job id', (b) => ((b as Body).job.id = 'abc'), 'job.id: expected 32 hex digits, got "abc"'],
    [
      'a checkpoint id',
      (b) => (b.checkpointId = 0),
      'checkpointId: expected an integer from 1 to 9007199253692416, got 0',
    ],
    ['a missing field', (b) => delete b.timestamp, 'timestamp: expected an integer from 0, got nothing'],
    ['an unknown field', (b) => (b.extra = 1), 'extra: unknown field'],
    [
      'a prototype key',
      (b) => Object.defineProperty(operatorOf(b), '__proto__', { value: {}, enumerable: true }),
      'operators[0].__proto__: unknown field',
    ],
    ['operators', (b) => (b.operators = {}), 'operators: expected a list, got {}'],
    ['an operator twice', (b) => (b as Body).operators.push(operatorOf(b)), 'is there twice'],
    [
      'a parallelism above the maximum',
      (b) => (operatorOf(b).parallelism = 129),
      'operators[0].parallelism: expected an integer from 1 to 128, got 129',
    ],
    [
      'fewer subtasks',
      (b) => (operatorOf(b).subtasks = []),
      'operators[0].subtasks: expected 1 of them (the parallelism), got 0',
    ],
    [
      'a subtask out of order',
      (b) => (subtaskOf(b).index = 1),
      'operators[0].subtasks[0].index: expected an integer from 0 to 0, got 1',
    ],
    [
      'a finished that is no boolean',
      (b) => (subtaskOf(b).finished = 'no'),
      'operators[0].subtasks[0].finished: expected true or false, got "no"',
    ],
    [
      'a key group outside',
      (b) => (subtaskOf(b).keyed.keyGroups!.end = 128),
      'keyed.keyGroups.end: expected an integer from 0 to 127, got 128',
    ],
    [
      'a key group range that ends before it starts',
      (b) => (subtaskOf(b).keyed.keyGroups = { start: 9, end: 8 }),
      'keyed.keyGroups.end: expected an integer from 9 to 127, got 8',
    ],
    [
      'a negative offset',
      (b) => (subtaskOf(b).keyed.offset = -1 as never),
      'keyed.offset: expected an integer from 0, got -1',
    ],
    [
      'a checksum',
      (b) => (subtaskOf(b).keyed.checksum = 'ABCDEF00' as never),
      'keyed.checksum: expected 8 hex digits, got "ABCDEF00"',
    ],
    [
      'a state kind',
      (b) => (subtaskOf(b).keyed.states = [{ name: 'a', kind: 'tree' }] as never),
      'keyed.states[0].kind: expected one of value',
    ],
    [
      'a path upwards',
      (b) => (subtaskOf(b).keyed.file = '../x' as never),
      'operators[0].subtasks[0].keyed.file is "../x"',
      'PATH_OUTSIDE_ROOT',
    ],
  ])('refuse %s', (_, change, message, code = 'MANIFEST_DAMAGED') => {
    expect(() => parseManifest(changed(change), 'x')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  it.each(['..', '.', '', '/etc/passwd', 'a/../b', 'a//b', 'C:\\x', 'a\\b', 'a/..', 'a\0b', '~/x'])(
    'refuse the file %o',
    (file) => {
      expect(() => checkFileName(file, 'file')).toThrow(expect.objectContaining({ code: 'PATH_OUTSIDE_ROOT' }))
    },
  )

  it('allow files below', () => {
    expect(checkFileName('shared/a-0.state', 'file')).toBe('shared/a-0.state')
  })

  it('hold before writing too', () => {
    const bad = { ...manifest, timestamp: Number.NaN }
    expect(() => checkManifest(bad, new JsonFields('Manifest', 'x'))).toThrow(/timestamp: expected an integer/)
  })
})

describe('the checksum', () => {
  it('is CRC-32 in 8 hex digits, whole or in pieces', () => {
    expect(checksumOf('123456789')).toBe('cbf43926')
    expect(checksumOf('')).toBe('00000000')
    const pieces = ['1234', '', '56789'].reduce((sum, piece) => extendChecksum(Buffer.from(piece), sum), 0)
    expect(printChecksum(pieces)).toBe('cbf43926')
  })
})

describe('since version 4', () => {
  const lists = [
    { name: 'splits', mode: 'split', items: 3 },
    { name: 'counters', mode: 'union', items: 0 },
  ] as const
  const declared = [{ name: 'count', kind: 'value', version: 2, ttl: true }] as const
  const [operator] = manifest.operators
  const [subtask] = operator!.subtasks
  const newest: Manifest = {
    ...manifest,
    formatVersion: 4,
    operators: [
      {
        ...operator!,
        subtasks: [
          {
            ...subtask!,
            keyed: [{ ...subtask!.keyed[0]!, states: declared }],
            operator: { ...subtask!.operator!, states: lists },
          },
          ...operator!.subtasks.slice(1),
        ],
      },
    ],
  }

  it('says how state without keys can be divided, and which version a state has', () => {
    expect(manifestVersionOf(newest.operators)).toBe(4)
    expect(parseManifest(printManifest(newest, 'x'), 'x')).toEqual(newest)
  })

  it('is needed for that', () => {
    for (const formatVersion of [1, 3]) {
      expect(() => printManifest({ ...newest, formatVersion }, 'x')).toThrow(/unknown field/)
    }
  })

  it.each([
    ['mode', [{ ...lists[0], mode: 'some' }]],
    ['items', [{ ...lists[0], items: -1 }]],
    ['"splits" is there twice', [lists[0], lists[0]]],
    ['states: expected a list', {}],
  ])('refuses a wrong %s', (what, states) => {
    const operators = structuredClone(newest.operators) as unknown as { subtasks: { operator: object }[] }[]
    Object.assign(operators[0]!.subtasks[0]!.operator, { states })
    expect(() => printManifest({ ...newest, operators: operators as never }, 'x')).toThrow(what)
  })
})
