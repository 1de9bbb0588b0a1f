/**
 * Explores the shop with the broken inventory, prints how it goes wrong, then explores it with the fixed one.
 *
 *   npm run example:testing
 */
import { chartActor, counterexampleMermaid, explore, printCounterexample, replayCounterexample } from 'tidemark/testing'
import { alone } from './alone.ts'
import { inventory as broken } from './inventory.ts'
import { inventory as fixed } from './inventory-fixed.ts'
import { inventoryOptions, properties, shopWith } from './shop.ts'

const say = (...lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`)

say('Each chart alone')
for (const [name, { cases, coverage }] of Object.entries(alone)) {
  for (const { run } of cases) run()
  say(`  ${name}: ${cases.length} cases pass, ${coverage().taken} of ${coverage().edges} edges taken`)
}

for (const [name, chart] of [
  ['The shop', chartActor(broken, inventoryOptions)],
  ['The shop with the fixed inventory', chartActor(fixed, inventoryOptions)],
] as const) {
  const system = shopWith(chart)
  const { verdict, states, transitions, depth, sometimes, violation } = explore(system, properties)
  say('', name, `  ${verdict}: ${states} states, ${transitions} transitions, paths up to ${depth}`)
  if (violation === undefined) {
    for (const [property, steps] of Object.entries(sometimes)) say(`  reached in ${steps}: ${property}`)
  } else {
    const run = replayCounterexample(system, properties, violation)
    say('', printCounterexample(run), counterexampleMermaid(run).trimEnd())
  }
}
