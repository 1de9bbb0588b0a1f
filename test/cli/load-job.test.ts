import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadJob } from '../../src/cli/load-job.ts'
import { lineOf } from '../../src/cli/module-failure.ts'
import { StreamError } from '../../src/core/errors.ts'
import { StreamEnvironment, setExecutor } from '../../src/program/environment.ts'
import '../../src/cli/refuse-execute.ts'
import { turn } from './cli.ts'

let dir = ''
let file = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidemark-job-'))
  file = join(dir, 'job.ts')
  writeFileSync(file, '')
})
afterAll(() => rmSync(dir, { recursive: true }))

const env = StreamEnvironment.create()
const load = (exports: unknown) => loadJob(file, ['a', 'b'], async () => exports)
const invalid = (part: string) => ({ code: 'JOB_FILE_INVALID', message: expect.stringContaining(part) })

describe('loadJob', () => {
  it('takes an environment, a function of the arguments, a promise, and a CommonJS default', async () => {
    expect(await load({ default: env })).toBe(env)
    expect(await load({ default: (args: string[]) => (args.join() === 'a,b' ? env : undefined) })).toBe(env)
    expect(await load({ default: async () => env })).toBe(env)
    expect(await load({ default: { default: env } })).toBe(env)
  })

  it('gives each load a URL of its own', async () => {
    const urls: string[] = []
    const importModule = async (url: string) => {
      urls.push(url)
      return { default: env }
    }
    await loadJob(file, [], importModule)
    await loadJob(file, [], importModule)
    expect(new Set(urls).size).toBe(2)
    expect(urls[0]).toMatch(/^file:\/\/.*\/job\.ts\?load=\d+$/)
  })

  it('names a file that is not there, or no file', async () => {
    for (const path of [join(dir, 'gone.ts'), dir]) {
      await expect(loadJob(path, [], async () => ({}))).rejects.toMatchObject({
        code: 'JOB_FILE_NOT_FOUND',
        message: `There is no job file ${path}.`,
      })
    }
  })

  it('says what a file exports instead', async () => {
    await expect(load({})).rejects.toMatchObject(invalid(`${file} is no job: its default export is missing`))
    await expect(load({ default: null })).rejects.toMatchObject(invalid('is null'))
    await expect(load({ default: [env] })).rejects.toMatchObject(invalid('is an array'))
    await expect(load({ default: () => 7 })).rejects.toMatchObject(invalid('a function that returned of type number'))
  })

  it('gives the line and the message of an error, without a stack', async () => {
    const failing = (error: unknown) => loadJob(file, [], () => Promise.reject(error))
    const built = Object.assign(new Error('Transform failed with 1 error:\nx'), {
      errors: [{ text: 'Unexpected "}"', location: { line: 4 } }],
    })
    await expect(failing(built)).rejects.toMatchObject({ message: `${file} cannot be loaded (line 4): Unexpected "}"` })
    const printed = new Error(`Transform failed with 1 error:\n${file}:9:0: ERROR: Unexpected end of file`)
    await expect(failing(printed)).rejects.toMatchObject({
      message: expect.stringMatching(/\(line 9\): Unexpected end of file$/),
    })
    const thrown = new TypeError('no\nsecond line')
    thrown.stack = `TypeError: no\n    at file://${file}?load=3:12:5`
    await expect(failing(thrown)).rejects.toMatchObject({ message: `${file} cannot be loaded (line 12): no` })
    await expect(failing('text')).rejects.toMatchObject({ message: `${file} cannot be loaded: text` })
  })

  it('lets the errors of the program itself through', async () => {
    const error = new StreamError('ARGUMENT_INVALID', 'options.parallelism is 0')
    await expect(loadJob(file, [], () => Promise.reject(error))).rejects.toBe(error)
  })

  it('refuses a file that runs a job of its own, whether it waits for it or not, and runs nothing', async () => {
    const ran: string[] = []
    setExecutor(async (_environment, name) => {
      ran.push(name)
      throw new Error('ran')
    })
    const loading = [
      async () => ({ default: await env.execute('awaited') }),
      async () => {
        void env.execute('first')
        void env.execute('second')
        return { default: env }
      },
      async () => ({ default: () => env.execute('in the function').then(() => env) }),
    ]
    try {
      for (const importModule of loading) {
        await expect(loadJob(file, [], importModule)).rejects.toMatchObject(
          invalid(
            `${file} runs a job of its own: it calls execute() while it is loaded. Start it by itself, with \`npx tsx`,
          ),
        )
      }
      expect(ran).toEqual([])
      await turn()
      await expect(env.execute('later')).rejects.toThrow('ran')
      await load({ default: env })
      await expect(env.execute('after a load')).rejects.toThrow('ran')
      await expect(load({})).rejects.toMatchObject(invalid('missing'))
      await expect(env.execute('after a load that failed')).rejects.toThrow('ran')
      expect(ran).toHaveLength(3)
    } finally {
      setExecutor(undefined)
    }
  })

  it('finds the line of a syntax error in JavaScript', () => {
    const script = join(dir, 'job.mjs')
    writeFileSync(script, 'const a = 1\nconst b = ;\n')
    expect(lineOf(new SyntaxError("Unexpected token ';'"), script)).toBe(2)
  })
})
