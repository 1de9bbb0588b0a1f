import { describe, expect, it } from 'vitest'
import { printSealed } from '../../src/backends/manifest-json.ts'
import { isPointer, parsePointer, pointedTo, printPointer } from '../../src/backends/savepoint-pointer.ts'
import type { JobId } from '../../src/core/ids.ts'

const id = '0123456789abcdef0123456789abcdef'
const rest = { job: { id: id as JobId, name: 'word count' }, timestamp: 1_700_000_000_000 }

/** As they were written when their version was new. */
const kept = {
  1: {
    pointer: { ...rest, checkpoint: { relative: '../chk-17', absolute: '/c/chk-17' } },
    line: `{"formatVersion":1,"kind":"savepoint-pointer","job":{"id":"${id}","name":"word count"},"timestamp":1700000000000,"checkpoint":{"relative":"../chk-17","absolute":"/c/chk-17"},"checksum":"c56f072b"}`,
    target: '/c/chk-17',
  },
  2: {
    pointer: { ...rest, checkpoint: { url: `bucket://main/${id}/chk-17` } },
    line: `{"formatVersion":2,"kind":"savepoint-pointer","job":{"id":"${id}","name":"word count"},"timestamp":1700000000000,"checkpoint":{"url":"bucket://main/${id}/chk-17"},"checksum":"345c09b2"}`,
    target: `bucket://main/${id}/chk-17`,
  },
}

describe('pointers of savepoints', () => {
  it.each(Object.values(kept))('are written and read as ever: $target', ({ pointer, line, target }) => {
    expect(JSON.stringify(JSON.parse(printPointer(pointer)))).toBe(line)
    expect(isPointer(line)).toBe(true)
    const read = parsePointer(line, 'here')
    expect(read).toEqual(pointer)
    expect(pointedTo(read)).toBe(target)
  })

  it('do not mix their versions', () => {
    const { checksum: _, ...body } = JSON.parse(kept[2].line)
    expect(() => parsePointer(printSealed({ ...body, formatVersion: 1 }), 'here')).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_DAMAGED',
        message: expect.stringContaining('checkpoint.url: unknown field'),
      }),
    )
    const newer = kept[2].line.replace('"formatVersion":2', '"formatVersion":3')
    expect(() => parsePointer(newer, 'here')).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_VERSION_UNSUPPORTED',
        message: 'here has format version 3: this build reads versions 1 to 2.',
      }),
    )
  })
})
