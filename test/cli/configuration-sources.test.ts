import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseConfiguration, readConfigurationFile } from '../../src/cli/configuration-file.ts'
import { definitionEntry, environmentEntries, loadConfiguration } from '../../src/cli/configuration-sources.ts'
import { configurationKeys as keys } from '../../src/job/configuration-keys.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tidemark-conf-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(cwd, name), text)
const load = (env: Record<string, string> = {}, ...definitions: readonly string[]) => {
  const warnings: string[] = []
  const flags = definitions.map(definitionEntry)
  return { configuration: loadConfiguration({ cwd, env, flags, log: (_, text) => warnings.push(text) }), warnings }
}

describe('a configuration file', () => {
  it('may be flat or nested, and keeps lines', () => {
    const text =
      '# mine\nrest.port: 0\nexecution:\n  checkpointing:\n    interval: 1 s\n  checkpointing.mode: exactly_once\n'
    expect(parseConfiguration(text, 'tidemark.yaml')).toEqual([
      { key: 'rest.port', value: '0', origin: 'tidemark.yaml, line 2' },
      { key: 'execution.checkpointing.interval', value: '1 s', origin: 'tidemark.yaml, line 5' },
      { key: 'execution.checkpointing.mode', value: 'exactly_once', origin: 'tidemark.yaml, line 6' },
    ])
    expect(parseConfiguration('', 'f')).toEqual([])
    expect(parseConfiguration('# nothing\n', 'f')).toEqual([])
  })

  it('keeps the digits of numbers and leaves lists and nothing for the check of values', () => {
    const values = parseConfiguration('a: 0012\nb: [1]\nc:\nd: {}\ne: true\n', 'f').map(({ value }) => value)
    expect(values).toEqual(['0012', [1], null, {}, true])
  })

  it('that cannot be parsed or read is an error with file and line', () => {
    const invalid = (message: RegExp) =>
      expect.objectContaining({ code: 'CONFIG_FILE_INVALID', message: expect.stringMatching(message) })
    expect(() => parseConfiguration('a: 1\nb: "x\n', 'tidemark.yaml')).toThrow(invalid(/^tidemark.yaml, line [23]: /))
    expect(() => parseConfiguration('a: 1\na: 2\n', 'tidemark.yaml')).toThrow(invalid(/^tidemark.yaml, line 2: /))
    expect(() => parseConfiguration('- a\n', 'tidemark.yaml')).toThrow(invalid(/holds no settings/))
    expect(() => readConfigurationFile(join(cwd, 'none.yaml'), () => undefined)).toThrow(invalid(/none.yaml/))
  })

  it('of Flink loses the keys of its processes, with a warning; ours loses nothing', () => {
    const text = 'jobmanager.rpc.address: localhost\ntaskmanager.numberOfTaskSlots: 4\nrest.port: 7\n'
    write('flink-conf.yaml', text)
    const { configuration, warnings } = load()
    expect(configuration.get(keys.port)).toBe(7)
    expect(warnings).toEqual([expect.stringContaining('jobmanager.rpc.address, taskmanager.numberOfTaskSlots')])
    write('tidemark.yaml', text)
    expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_KEY_UNKNOWN' }))
  })
})

describe('sources', () => {
  it('go file, environment, flags', () => {
    write('tidemark.yaml', 'rest.port: 1\nrest.address: localhost\nparallelism.default: 3\n')
    const { configuration } = load({ TIDEMARK_REST_PORT: '2', TIDEMARK_PARALLELISM_DEFAULT: '4' }, 'rest.port=5')
    expect(configuration.get(keys.port)).toBe(5)
    expect(configuration.get(keys.parallelism)).toBe(4)
    expect(configuration.get(keys.address)).toBe('localhost')
  })

  it('may be another file', () => {
    write('other.yaml', 'rest.port: 6\n')
    expect(load({ TIDEMARK_CONF: 'other.yaml' }).configuration.get(keys.port)).toBe(6)
    expect(() => load({ TIDEMARK_CONF: 'gone.yaml' })).toThrow(/gone.yaml/)
  })

  it('name the file and line, the variable, or the flag at fault', () => {
    write('tidemark.yaml', '\nrest.port: high\n')
    expect(() => load()).toThrow('"rest.port" is "high" (tidemark.yaml, line 2)')
    write('tidemark.yaml', '')
    expect(() => load({ TIDEMARK_REST_PORT: 'high' })).toThrow('(environment variable TIDEMARK_REST_PORT)')
    expect(() => load({}, 'rest.port=high')).toThrow('(-Drest.port)')
  })

  it('spell dots and dashes as underscores in variables, and know every key', () => {
    const [entry] = environmentEntries({
      TIDEMARK_EXECUTION_CHECKPOINTING_MIN_PAUSE: '5',
      PATH: '/bin',
      TIDEMARK_DEBUG: '1',
    })
    expect(entry).toMatchObject({ key: 'execution.checkpointing.min-pause', value: '5' })
    expect(() => environmentEntries({ TIDEMARK_REST_PRT: '1' })).toThrow(/did you mean TIDEMARK_REST_PORT/)
    expect(() => environmentEntries({ TIDEMARK_X: '1' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_KEY_UNKNOWN' }),
    )
  })

  it('take -D with a value that may hold "="', () => {
    expect(definitionEntry('rest.token=a=b')).toEqual({ key: 'rest.token', value: 'a=b', origin: '-Drest.token' })
    for (const text of ['rest.port', '=1', '']) {
      expect(() => definitionEntry(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
  })
})
