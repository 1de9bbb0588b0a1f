/**
 * For each rule one small repository that keeps it and one that breaks it, with the offences it must find. A rule that
 * finds nothing in its broken sample is no rule.
 */
import { emptyLists, type Lists } from './lists.ts'

export interface Sample {
  readonly rule: string
  readonly lists?: Partial<Lists>
  readonly kept: Readonly<Record<string, string>>
  readonly broken: Readonly<Record<string, string>>
  readonly offences: readonly string[]
}

const lines = (count: number): string => 'x\n'.repeat(count)

export const samples: readonly Sample[] = [
  {
    rule: 'ranks',
    kept: {
      'src/actors/a.ts': `import { b } from '../core/b.ts'\nimport type { C } from '../graph/c.ts'\nimport './d.ts'`,
      'src/index.ts': `export { a } from './actors/a.ts'`,
      'src/actors/index.ts': `export { a } from './a.ts'`,
    },
    broken: {
      'src/core/a.ts': `import type { B } from '../graph/b.ts'`,
      'src/graph/b.ts': `// why\nimport { c } from '../backends/c.ts'`,
      'src/job/d.ts': `import { a } from '../actors/index.ts'`,
      'src/extra/e.ts': '',
    },
    offences: [
      'src/core/a.ts:1 of rank 0 imports graph of rank 1: ../graph/b.ts',
      'src/graph/b.ts:2 imports its neighbour backends (both of rank 1): ../backends/c.ts',
      'src/job/d.ts:1 imports a barrel; import the file that defines the name: ../actors/index.ts',
      'src/extra/e.ts is in the folder extra, which has no rank',
    ],
  },
  {
    rule: 'cycles',
    kept: { 'src/core/a.ts': `import type { B } from './b.ts'`, 'src/core/b.ts': `import { a } from './a.ts'` },
    broken: { 'src/core/a.ts': `import { type B } from './b.ts'`, 'src/core/b.ts': `export * from './a.ts'` },
    offences: ['src/core/a.ts is in a cycle of run-time imports: src/core/a.ts → src/core/b.ts → src/core/a.ts'],
  },
  {
    rule: 'length',
    lists: { longFiles: { 'src/b.ts': 'a table', 'src/c.ts': 'a table' } },
    kept: { 'src/a.ts': lines(300), 'src/b.ts': lines(500) },
    broken: { 'src/a.ts': lines(301), 'src/c.ts': lines(501) },
    offences: [
      'src/a.ts has 301 lines; more than 300 need a reason in lists.ts',
      'src/c.ts has 501 lines; nothing may have more than 500',
    ],
  },
  {
    rule: 'names',
    kept: { 'src/core/window-types.ts': '', 'src/core/implementation.ts': '' },
    broken: { 'src/core/types.ts': '', 'test/utils.ts': '', 'src/core/store-impl.ts': '' },
    offences: [
      'src/core/types.ts has a name that says nothing; name its main export',
      'test/utils.ts has a name that says nothing; name its main export',
      'src/core/store-impl.ts has a name that says nothing; name its main export',
    ],
  },
  {
    rule: 'calls',
    lists: { bannedCalls: { 'src/cli/': 'prints' } },
    kept: {
      'src/core/a.ts': `// Date.now()\nclock.setTimeout(1)\nconst s = 'Math.random()'\nconst t = \`console.log\`\nnew DateFormat(1)`,
      'src/cli/main.ts': 'console.log(Date.now())',
      'bench/main.ts': 'performance.now()',
      'test/a.test.ts': 'new Date(0)',
    },
    broken: {
      'src/core/a.ts': [
        'Date.now()',
        'new Date(0)',
        'Math.random()',
        'setTimeout(f)',
        'globalThis.setInterval(f)',
        `\`\${setImmediate(f)}\``,
        'performance.now()',
        'console.log(1)',
        'nanoid()',
        'crypto.randomUUID()',
      ].join('\n'),
      'test/a.test.ts': 'await new Promise((done) => setTimeout(done, 5))\nnew Date()',
    },
    offences: [
      'src/core/a.ts:1 uses Date.now',
      'src/core/a.ts:2 uses new Date',
      'src/core/a.ts:3 uses Math.random',
      'src/core/a.ts:4 uses setTimeout',
      'src/core/a.ts:5 uses globalThis.setInterval',
      'src/core/a.ts:6 uses setImmediate',
      'src/core/a.ts:7 uses performance.now',
      'src/core/a.ts:8 uses console.',
      'src/core/a.ts:9 uses nanoid(',
      'src/core/a.ts:10 uses randomUUID',
      'test/a.test.ts:1 uses setTimeout',
      'test/a.test.ts:2 uses new Date',
    ],
  },
  {
    rule: 'disk',
    lists: { disk: { 'src/backends/': 'storage' } },
    kept: {
      'src/backends/a.ts': `import fs from 'node:fs'`,
      'src/job/b.ts': `import type { Server } from 'node:http'`,
    },
    broken: {
      'src/job/a.ts': `import { open } from 'node:fs/promises'\nconst net = await import('net')`,
    },
    offences: ['src/job/a.ts:1 imports node:fs/promises', 'src/job/a.ts:2 imports net'],
  },
  {
    rule: 'xstate',
    lists: { xstate: { 'src/machines/*/machine.ts': 'a chart' } },
    kept: {
      'src/machines/job/machine.ts': `import { setup } from 'xstate'`,
      'src/actors/a.ts': `import type { Snapshot } from 'xstate'`,
    },
    broken: { 'src/machines/job/guards.ts': `import { assign } from 'xstate'` },
    offences: ['src/machines/job/guards.ts:1 imports xstate at run time'],
  },
  {
    rule: 'machines',
    kept: { 'src/machines/a.ts': '// invoke: no\nconst invoked = 1\nrespawn(2)', 'src/actors/b.ts': 'await spawn(1)' },
    broken: { 'src/machines/a.ts': `invoke: { src: 'b' },\nsendTo('c')\nspawn('d')\nasync () => 1` },
    offences: [
      'src/machines/a.ts:1 uses invoke:; return an effect instead',
      'src/machines/a.ts:2 uses sendTo(; return an effect instead',
      'src/machines/a.ts:3 uses spawn(; return an effect instead',
      'src/machines/a.ts:4 uses async; a step is pure',
    ],
  },
  {
    rule: 'unfinished',
    kept: {
      'test/a.test.ts': `// because only Linux has it\nit.skipIf(other)('a')\nconst only = 'it.only FIXME'\niterator.skip(1)`,
    },
    broken: {
      'src/a.ts': '/* TODO later */',
      'test/a.test.ts': `describe.only('a')\nit.skip('b') // slow\ntest.concurrent.only('c')`,
      'docs/a.md': 'FIXME',
    },
    offences: [
      'src/a.ts:1 says TODO',
      'test/a.test.ts:1 has describe.only',
      'test/a.test.ts:3 has test.concurrent.only',
      'test/a.test.ts:2 has it.skip without a comment that says because of what',
      'docs/a.md:1 says FIXME',
    ],
  },
  {
    rule: 'untyped',
    kept: {
      'src/a.ts': `'as any'\n// as any\nconst anyone = b as anything`,
      'test/a.test.ts': '// @ts-expect-error wrong',
    },
    broken: { 'src/a.ts': 'b as any\n// @ts-ignore\n// @ts-expect-error' },
    offences: ['src/a.ts:1 has as any', 'src/a.ts:2 has @ts-ignore', 'src/a.ts:3 has @ts-expect-error'],
  },
  {
    rule: 'orphans',
    lists: { entryPoints: { 'src/index.ts': 'the API' } },
    kept: {
      'src/index.ts': `export * from './core/a.ts'`,
      'src/core/a.ts': `import type { B } from './b.ts'`,
      'src/core/b.ts': '',
      'src/core/index.ts': '',
    },
    broken: { 'src/core/a.ts': '', 'test/a.test.ts': `import '../src/core/a.ts'` },
    offences: ['src/core/a.ts is imported by no file of src'],
  },
  {
    rule: 'untested',
    lists: { untested: { 'src/core/c.ts': 'the whole suite runs it' } },
    kept: {
      'src/core/a.ts': 'export const a = 1',
      'src/core/b.ts': `export type { A } from './a.ts'\nexport interface B {}`,
      'src/core/c.ts': 'export class C {}',
      'src/core/index.ts': `export * from './a.ts'`,
      'test/core/a.test.ts': `import { a } from '../../src/core/a.ts'`,
    },
    broken: { 'src/core/a.ts': 'export async function a() {}', 'src/core/b.ts': `export { a } from './a.ts'` },
    offences: ['src/core/a.ts is imported by no test', 'src/core/b.ts is imported by no test'],
  },
  {
    rule: 'links',
    kept: {
      'README.md':
        '# A title!\n[a](docs/a.md#one-two) [b](#a-title) [c](https://example.org/x.md) [d](docs)\n`[e](none.md)`',
      'docs/a.md': '## One *two*\n[up](../README.md "title")\n```md\n[f](none.md)\n```\n',
    },
    broken: { 'docs/a.md': '# A\n[b](b.md)\n[c](#d)\n[r][e]\n\n[e]: ../e.md' },
    offences: [
      'docs/a.md:2 links to b.md, but there is no docs/b.md',
      'docs/a.md:3 links to #d, but docs/a.md has no such heading',
      'docs/a.md:6 links to ../e.md, but there is no e.md',
    ],
  },
  {
    rule: 'package',
    kept: {
      'package.json':
        '{"exports":{".":{"types":"./dist/a.d.ts","default":"./dist/a.js"}},"scripts":{"a":"node src/a.ts -x"}}',
      'src/a.ts': '',
    },
    broken: {
      'package.json': '{"exports":{"./b":{"default":"./dist/b.js"}},"bin":{"c":"./c.js"},"scripts":{"d":"node d.ts"}}',
    },
    offences: [
      'package.json exports "./b" must name types first',
      'package.json exports "./b" needs src/b.ts, which does not exist',
      'package.json bin "c" needs c.js, which does not exist',
      'package.json script "d" needs d.ts, which does not exist',
    ],
  },
  {
    rule: 'dependencies',
    kept: { 'package.json': '{"dependencies":{"a":"1"}}', 'docs/DEPENDENCIES.md': '`a`' },
    broken: { 'package.json': '{"devDependencies":{"a":"1"}}', 'docs/DEPENDENCIES.md': 'a' },
    offences: ['package.json depends on a, which docs/DEPENDENCIES.md does not mention'],
  },
  {
    rule: 'guarantees',
    kept: {
      'docs/GUARANTEES.md': '# G\n\n| line | test |\n| --- | --- |\n| S1 | [a](../test/a.test.ts) |\n',
      'docs/other.md': '| a | b |\n| --- | --- |\n| c | d |',
    },
    broken: { 'docs/GUARANTEES.md': '| line | test |\n| :--- | --- |\n| S1 | `test/a.test.ts` |\n| S2 | [b](b.md) |' },
    offences: [
      'docs/GUARANTEES.md:3 has a row without a link to its test',
      'docs/GUARANTEES.md:4 has a row without a link to its test',
    ],
  },
  {
    rule: 'words',
    kept: { 'src/a.ts': '// the session, shared, the CEOs' },
    broken: { 'docs/a.md': `see ..${'/shared'}/x`, 'src/a.ts': `// This ${'session'}\n// the ${'ceo'}` },
    offences: [
      `docs/a.md:1 says "..${'/shared'}", which means nothing to a stranger`,
      `src/a.ts:1 says "This ${'session'}", which means nothing to a stranger`,
      `src/a.ts:2 says "the ${'ceo'}", which means nothing to a stranger`,
    ],
  },
  {
    rule: 'codes',
    kept: { 'src/core/error-codes.ts': `const a = {\n  BUG: 'x',\n}`, 'src/core/b.ts': `new StreamError('BUG', 'y')` },
    broken: { 'src/core/error-codes.ts': `const a = {\n  BUG: 'x',\n}`, 'src/core/b.ts': `// 'BUG'` },
    offences: ['src/core/error-codes.ts:2 has the code BUG, which nothing in src reports'],
  },
]

export const listsOf = (sample: Sample): Lists => ({ ...emptyLists, ...sample.lists })
