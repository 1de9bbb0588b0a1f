#!/usr/bin/env node
// Runs a TypeScript file of this repository against `src/`, with no build step:
//   node bin/tidemark-source.js [node flags] file.ts [arguments]
// It replaces itself by one child Node that has the loader and the `tidemark-source` export condition, and passes
// signals and the exit code through.
import { spawn } from 'node:child_process'

const at = process.argv.findIndex((word, index) => index > 1 && !word.startsWith('-'))
const flags = process.argv.slice(2, at)
const rest = process.argv.slice(at)
const loader = new URL('./source-loader.js', import.meta.url).href
const child = spawn(process.execPath, [...flags, '--import', loader, ...rest], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
})
