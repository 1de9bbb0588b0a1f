#!/usr/bin/env node
// The command line. In an installed package it runs the build; in a checkout of the repository it runs `src/`.
import { existsSync } from 'node:fs'
import { register } from 'node:module'

const source = new URL('../src/cli/main.ts', import.meta.url)
await import('./source-loader.js')
register('./job-format.js', import.meta.url)
const { main } = await import(existsSync(source) ? source.href : '../dist/cli/main.js')
await main(process.argv.slice(2))
