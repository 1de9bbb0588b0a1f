/** State files that somebody made to do harm, whose manifest is in order: the checksums are right. */
import { encodeValue } from '../../src/core/codec.ts'
import { keyGroupOf } from '../../src/core/key-groups.ts'
import { entry, framed, type HostileCase, header } from './hostile-savepoint.ts'

const damaged: HostileCase['codes'] = ['STATE_FILE_DAMAGED']
const group = keyGroupOf('to', 128)

const segment = (name: string, frames: () => readonly unknown[], codes = damaged): HostileCase => ({
  name: `a segment ${name}`,
  codes,
  keyed: () => framed(...frames()),
})

/** The bytes of a value behind the flag byte. */
const raw = (hex: string, flag = 0): Uint8Array => Buffer.from(`0${flag}${hex.replaceAll(' ', '')}`, 'hex')
/** `[0, [group], 'to', …]`, whose content is these bytes. */
const content = (hex: string, flag = 0): Uint8Array => {
  const start = Buffer.from(encodeValue([0, [group], 'to', 0]))
  return Buffer.concat([Buffer.from([flag]), start.subarray(1, -1), Buffer.from(hex.replaceAll(' ', ''), 'hex')])
}
const holding = (name: string, hex: string, flag = 0): HostileCase =>
  segment(`whose value is ${name}`, () => [header, content(hex, flag), 1])

const frames: readonly HostileCase[] = [
  {
    name: 'a segment whose frame claims four gigabytes',
    codes: damaged,
    keyed: () => Buffer.concat([framed(header), Buffer.from('fffffff000', 'hex')]),
  },
  {
    name: 'a segment whose first frame claims four gigabytes',
    codes: damaged,
    keyed: () => Buffer.from('fffffff000', 'hex'),
  },
  { name: 'a segment of three bytes', codes: damaged, keyed: () => Buffer.from('000000', 'hex') },
  segment('of another format', () => [{ ...header, format: 99 }, entry(1), 1], ['STATE_CODEC_UNSUPPORTED']),
  segment('of other states', () => [{ ...header, states: [['sum', 'value']] }, entry(1), 1]),
  segment('of other key groups', () => [{ ...header, keyGroups: [0, 5] }, 0]),
  segment('whose header is a number', () => [7, entry(1), 1]),
  segment('whose header is null', () => [null]),
  segment('whose header names no states', () => [{ ...header, states: 'count' }, 0]),
  segment('whose header has a state that is a path', () => [{ ...header, states: [['../x', '__proto__']] }, 0]),
  segment('with an entry of a state that there is not', () => [header, [7, [group], 'to', 1], 1]),
  segment('with an entry of a negative state', () => [header, [-1, [group], 'to'], 1]),
  segment('with an entry of half a state', () => [header, [0.5, [group], 'to', 1], 1]),
  segment('with an entry of the state "length"', () => [header, ['length', [group], 'to', 1], 1]),
  segment('with fewer key groups than entries', () => [header, [0, [group], 'to', 1, 'be', 1], 2]),
  segment('with a key without a value', () => [header, [0, [group], 'to'], 1]),
  segment('with a key group beyond the last', () => [header, [0, [128], 'to', 1], 1]),
  segment('with a key group that is no number', () => [header, [0, [Number.NaN], 'to', 1], 1]),
  segment('with a frame that is an object', () => [header, { 0: 0, 1: [group], length: 4 }, 1]),
  segment('with fewer entries than it says', () => [header, entry(1), 1_000_000_000]),
  segment('without an end', () => [header, entry(1)]),
  segment('with more behind its end', () => [header, entry(1), 1, entry(2), 1]),
  { ...segment('with a key that is an object', () => [header, [0, [group], { a: 1 }, 1], 1]), restoreMayWork: true },
  { ...segment('with a key that is NaN', () => [header, [0, [group], Number.NaN, 1], 1]), restoreMayWork: true },
  segment('whose flag nobody knows', () => [header, raw('c0', 7), 1]),
]

const values: readonly HostileCase[] = [
  holding('a list of four billion', 'dd ff ff ff ff'),
  holding('lists of 65,535 in each other', 'dc ff ff'.repeat(2_000)),
  holding('lists of thirty million in each other', 'dd 01 c9 c3 80'.repeat(200)),
  holding('a map of four billion', 'df ff ff ff ff'),
  holding('maps of 65,535 in each other', 'de ff ff a1 61'.repeat(2_000)),
  holding('a text of four gigabytes', 'db ff ff ff ff 61'),
  holding('bytes of four gigabytes', 'c6 ff ff ff ff 61'),
  holding('an extension of four gigabytes', 'c9 ff ff ff ff 74 00'),
  holding('a typed array of a type that there is not', 'c7 03 74 7f 00 00'),
  holding('an extension that nobody knows', 'd4 2a 00'),
  holding('a reference to what was before', 'd6 70 00 00 00 00'),
  holding('a named object for references', 'd6 69 00 00 00 00 90'),
  holding('an escape that nobody knows', '92 c1 63', 1),
  holding('an object whose property has no name', '94 c1 04 07 07', 1),
  holding('a text that is no code units', '93 c1 01 90', 1),
  holding('nothing', ''),
  holding('lists in each other, a hundred thousand deep', `${'91'.repeat(100_000)}c0`),
  holding('escaped maps in each other, fifty thousand deep', `${'94c10201'.repeat(50_000)}c0`, 1),
  { ...holding('lists in each other, deeper than state may be', `${'91'.repeat(600)}c0`), restoreMayWork: true },
  { ...holding('an error', 'd4 65 00 92 a4 45 76 61 6c a1 78'), restoreMayWork: true },
  { ...holding('a regular expression', 'd4 78 00 92 a1 61 a0'), restoreMayWork: true },
]

const whole = (name: string, bytes: () => Uint8Array): HostileCase => ({
  name: `state of a source ${name}`,
  codes: damaged,
  operator: bytes,
})

const sources: readonly HostileCase[] = [
  whole('without a byte', () => new Uint8Array(0)),
  whole('of rubbish', () => Uint8Array.from({ length: 500 }, () => 0xc1)),
  whole('that claims four billion items', () => raw('dd ff ff ff ff')),
  whole('with more behind it', () => raw('90 90 90')),
  {
    name: 'state of a source with fewer items than its manifest says',
    codes: damaged,
    manifest: (manifest) => {
      manifest.operators[0].subtasks[0].operator.states = [{ name: 'l', mode: 'split', items: 3 }]
    },
    operator: () => encodeValue([['l', [1]]]),
  },
  {
    name: 'state of a source with a list of another name',
    codes: damaged,
    manifest: (manifest) => {
      manifest.operators[0].subtasks[0].operator.states = [{ name: '__proto__', mode: 'split', items: 1 }]
    },
    operator: () => encodeValue([['l', [1]]]),
  },
]

export const hostileStates: readonly HostileCase[] = [...frames, ...values, ...sources]
