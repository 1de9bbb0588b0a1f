/**
 * The house rules that a machine can check, on every file of this repository. The exceptions, each with its reason,
 * are in `tidy/lists.ts`; the rules in `tidy/rules.ts`; a sample that breaks each rule in `tidy/samples.ts`.
 */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { emptyLists, lists, type Reasons, ranks } from './tidy/lists.ts'
import { makeRepository, readRepository } from './tidy/repository.ts'
import { describeOffence, findStaleEntries, rules } from './tidy/rules.ts'
import { listsOf, samples } from './tidy/samples.ts'
import { findImports, mask } from './tidy/scan.ts'

const repository = readRepository(fileURLToPath(new URL('..', import.meta.url)))

describe('this repository', () => {
  it('was read', () => {
    expect([...repository.keys()]).toEqual(
      expect.arrayContaining(['package.json', 'src/index.ts', 'test/tidy.test.ts']),
    )
    expect([...repository.keys()].filter((path) => path.includes('node_modules'))).toEqual([])
  })

  for (const { name, title, find } of rules) {
    it(`${name}: ${title}`, () => {
      expect(find(repository, lists).map(describeOffence), `${name}: ${title}`).toEqual([])
    })
  }

  it('lists: every exception is still needed, and says why', () => {
    expect(findStaleEntries(repository, lists).map(describeOffence), 'lists: remove what allows nothing').toEqual([])
    expect(
      Object.values<Reasons>({ ...lists }).flatMap((list) => Object.values(list).filter((reason) => reason.length < 5)),
    ).toEqual([])
  })
})

describe('the rules', () => {
  it('each have a sample', () => {
    expect(samples.map(({ rule }) => rule)).toEqual(rules.map(({ name }) => name))
  })

  for (const sample of samples) {
    const find = (texts: Readonly<Record<string, string>>) =>
      rules
        .find(({ name }) => name === sample.rule)!
        .find(makeRepository(texts), listsOf(sample))
        .map(describeOffence)

    it(`${sample.rule}: finds nothing where the rule is kept`, () => expect(find(sample.kept)).toEqual([]))
    it(`${sample.rule}: finds what breaks it`, () => expect(find(sample.broken)).toEqual(sample.offences))
  }

  it('give each folder of src a rank', () => {
    expect(Math.max(...Object.values(ranks))).toBe(7)
  })

  it('find an exception that allows nothing', () => {
    const files = makeRepository({ 'src/core/clock.ts': 'Date.now()', 'src/core/random.ts': '' })
    const listed = {
      ...emptyLists,
      bannedCalls: { 'src/core/clock.ts': 'the clock', 'src/core/random.ts': 'randomness' },
    }
    expect(findStaleEntries(files, listed).map(describeOffence)).toEqual([
      'test/tidy/lists.ts bannedCalls lists src/core/random.ts for nothing',
    ])
  })
})

describe('the scanner', () => {
  it.each([
    ['a // b', 'a     '],
    ['a /* b\nc */ d', 'a     \n     d'],
    [`a 'b\\'c' d`, `a '    ' d`],
    [`a \`b\${c + \`d\${e}\`}f\` g`, `a \` \${c + \` \${e}\`} \` g`],
    [`\`\${{ a: 1 }.a} b\` + c`, `\`\${{ a: 1 }.a}  \` + c`],
    [`a = /'[/"]\\//g; b`, 'a = /       /g; b'],
    ['a / b / c', 'a / b / c'],
    ['f(a) / 2 // c', 'f(a) / 2     '],
    [`return /'/.test(a)`, 'return / /.test(a)'],
    [`"// no" + '/* no */'`, `"     " + '        '`],
    ['`a\\`b$c` d', '`      ` d'],
    ['a /* never closed', 'a                '],
  ])('blanks comments and strings of %j', (text, code) => {
    expect(mask(text).code).toBe(code)
  })

  it('keeps offsets and splits the text between its masks', () => {
    const text = `const a = 'b' // c`
    expect(mask(text)).toEqual({
      code: `const a = ' '     `,
      uncommented: `const a = 'b'     `,
      comments: `              // c`,
    })
  })

  it.each([
    [`import a from 'x'`, false],
    [`import { a, type B as C } from "x"`, false],
    [`import {\n  a,\n} from 'x'`, false],
    [`import a, * as b from 'x'`, false],
    [`import 'x'`, false],
    [`const a = await import('x')`, false],
    [`export * from 'x'`, false],
    [`export * as a from 'x'`, false],
    [`export { a } from 'x'`, false],
    [`export{a}from'x'`, false],
    [`import type from 'x'`, false],
    [`import type { A } from 'x'`, true],
    [`import type A from 'x'`, true],
    [`import type * as a from 'x'`, true],
    [`export type { A } from 'x'`, true],
  ])('finds %j', (text, typeOnly) => {
    expect(findImports(`const before = 1\n${text}\n`)).toEqual([{ specifier: 'x', typeOnly, line: 2 }])
  })

  it.each([
    [`// import a from 'x'`],
    [`const a = "import b from 'x'"`],
    [`export interface A {}\nconst from = 'x'`],
    [`a.import('x')`],
    [`export const from = 'x'`],
    [`/* import 'x' */`],
    [`\`import \${a} from "x"\``],
  ])('finds no import in %j', (text) => {
    expect(findImports(text)).toEqual([])
  })
})
