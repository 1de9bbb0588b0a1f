// Lets Node import TypeScript, and lets `import 'tidemark'` inside this repository mean `src/`, not a build.
// Use: node --import ./bin/source-loader.js file.ts
import { register as registerHooks } from 'node:module'
import { register as registerTypeScript } from 'tsx/esm/api'

registerTypeScript()
if (!import.meta.url.includes('/node_modules/')) {
  registerHooks('./source-condition.js', import.meta.url)
}
