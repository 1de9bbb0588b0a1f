/**
 * `npm run docs`: renews the generated parts of `docs/`. `test/machines/docs.test.ts`, `test/scripts/reference-pages.test.ts`
 * and `test/docs/conformance.test.ts` fail when they are stale. The page of conformance says which tests pass, so they
 * are run first, and it is left as it is when one does not.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { conformancePage, conformancePath, runConformanceTests } from './conformance-page.ts'
import { pagePath, pages, renderPage } from './protocol-pages.ts'
import { referencePages } from './reference-pages.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

mkdirSync(`${root}/docs/protocols`, { recursive: true })
for (const page of pages) {
  const file = `${root}/${pagePath(page)}`
  const current = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const next = renderPage(page, current)
  if (next !== current) writeFileSync(file, next)
  process.stdout.write(`${pagePath(page)}: ${next === current ? 'up to date' : 'renewed'}\n`)
}

for (const { path, render } of referencePages) {
  const current = readFileSync(`${root}/${path}`, 'utf8')
  const next = render(current)
  if (next !== current) writeFileSync(`${root}/${path}`, next)
  process.stdout.write(`${path}: ${next === current ? 'up to date' : 'renewed'}\n`)
}

const failures = runConformanceTests()
if (failures.length === 0) {
  const current = existsSync(`${root}/${conformancePath}`)
    ? readFileSync(`${root}/${conformancePath}`, 'utf8')
    : undefined
  const next = conformancePage()
  if (next !== current) writeFileSync(`${root}/${conformancePath}`, next)
  process.stdout.write(`${conformancePath}: ${next === current ? 'up to date' : 'renewed'}\n`)
} else {
  process.stdout.write(`${conformancePath}: not written, because tests do not pass:\n  ${failures.join('\n  ')}\n`)
  process.exitCode = 1
}
