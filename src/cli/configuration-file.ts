/**
 * Reads configuration from a YAML file, flat or nested, keeping the line of each key for messages. Owns the syntax, not
 * the keys.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument, type Range, type YAMLMap } from 'yaml'
import { messageOf, StreamError } from '../core/errors.ts'
import type { ConfigurationEntry } from '../job/configuration.ts'
import type { Log } from '../job/session-options.ts'

/** Beginnings of keys that configure Flink's own processes and mean nothing in one process of ours. */
const flinkProcesses =
  /^(?:jobmanager|taskmanager|high-availability|env|blob|historyserver|web|metrics|security|kubernetes|yarn|akka|pekko|classloader|cluster|heartbeat|io|fs|s3|hive|zookeeper|slot|slotmanager|resourcemanager|jobstore)\./

/**
 * The entries of a configuration file. In a `flink-conf.yaml`, keys of Flink's processes are passed over and `log` hears
 * of them. Fails with `CONFIG_FILE_INVALID`.
 */
export function readConfigurationFile(path: string, log: Log): readonly ConfigurationEntry[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new StreamError('CONFIG_FILE_INVALID', `Cannot read the configuration file ${path}: ${messageOf(cause)}.`, {
      cause,
    })
  }
  const base = dirname(path)
  const entries = parseConfiguration(text, basename(path)).map((entry) => ({ ...entry, base }))
  if (!/^flink-conf/.test(basename(path))) return entries
  const foreign = entries.filter(({ key }) => flinkProcesses.test(key)).map(({ key }) => key)
  if (foreign.length > 0) {
    log(
      'warn',
      `${basename(path)}: these keys configure Flink's own processes and mean nothing here: ${foreign.join(', ')}.`,
    )
  }
  return entries.filter(({ key }) => !foreign.includes(key))
}

/** The entries of a text. `file` is for messages. Fails with `CONFIG_FILE_INVALID`, with the line. */
export function parseConfiguration(text: string, file: string): readonly ConfigurationEntry[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line
    throw new StreamError('CONFIG_FILE_INVALID', `${file}, line ${line}: ${error.message.split('\n')[0]}.`, {
      cause: error,
    })
  }
  const root = document.contents
  if (root === null || (isScalar(root) && root.value === null)) return []
  if (!isMap(root)) {
    throw new StreamError('CONFIG_FILE_INVALID', `${file} holds no settings: expected lines such as "rest.port: 8081".`)
  }
  const entries: ConfigurationEntry[] = []
  const visit = (map: YAMLMap, prefix: string) => {
    for (const { key, value } of map.items) {
      const name = prefix + String(isScalar(key) ? key.value : key)
      if (isMap(value) && value.items.length > 0) {
        visit(value, `${name}.`)
        continue
      }
      const range = isScalar(key) ? (key.range as Range | null | undefined) : undefined
      const origin = range == null ? file : `${file}, line ${lines.linePos(range[0]).line}`
      entries.push({ key: name, value: scalarOf(value), origin })
    }
  }
  visit(root, '')
  return entries
}

/** Numbers keep the digits they were written with; what is no scalar is left for the check of values to refuse. */
const scalarOf = (value: unknown): unknown => {
  if (!isScalar(value))
    return value === null || value === undefined ? null : ((value as { toJSON?: () => unknown }).toJSON?.() ?? [])
  return typeof value.value === 'number' && value.source !== undefined ? value.source : value.value
}
