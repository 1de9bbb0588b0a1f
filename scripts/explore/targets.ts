/** What `npm run explore` explores: whole systems, in two sizes, and charts alone, in one. */
import { checkers } from '../../src/testing/checkers/all-checkers.ts'
import { checkpointSystem } from '../../src/testing/checkpoint-model/checkpoint-system.ts'
import { type LoneScenario, loneScenarios } from '../../src/testing/checkpoint-model/lone-scenarios.ts'
import { trueParts } from '../../src/testing/checkpoint-model/protocol-parts.ts'
import { propertiesOf, type Scenario, scenarios } from '../../src/testing/checkpoint-model/scenarios.ts'
import type { ChartCoverage } from '../../src/testing/explorer/chart-coverage.ts'
import type { Property, SystemModel } from '../../src/testing/explorer/system.ts'

export interface Sizing {
  readonly short: boolean
  /** Records of each source, in place of the scenario's own. */
  readonly records: number | undefined
}

export interface Target {
  readonly name: string
  readonly about: string
  /** A chart in a world that may say anything, or charts that speak to each other. */
  readonly kind: 'alone' | 'whole'
  system(sizing: Sizing, coverage: ChartCoverage): SystemModel
  properties(sizing: Sizing): readonly Property[]
  /** What is checked all the while, as lines. */
  readonly watched: readonly string[]
  /** Checkers that nothing in it can provoke; the simulation does. */
  readonly unwatched: readonly string[]
  /** The lines of a test that make \`system\` and \`properties\`. */
  setUp(sizing: Sizing): readonly string[]
}

/** The model has no key groups, no timers of users and no written machines, and its triggers are numbered. */
const unprovoked: readonly string[] = ['S12', 'S14', 'S18', 'L2']

function whole(scenario: Scenario): Target {
  const { name, about, possible } = scenario
  const optionsOf = ({ short, records }: Sizing) => {
    const options = short ? scenario.short : scenario.full
    return records === undefined ? options : { ...options, records }
  }
  return {
    name,
    about,
    kind: 'whole',
    system: (sizing, coverage) => checkpointSystem(optionsOf(sizing), { checkers, coverage }),
    properties: (sizing) => propertiesOf(optionsOf(sizing), possible),
    watched: checkers.flatMap(({ name, title }) => (unprovoked.includes(name) ? [] : [`${name} ${title}`])),
    unwatched: unprovoked,
    setUp: ({ short, records }) => [
      "import { checkers } from '../../../src/testing/checkers/all-checkers.ts'",
      "import { checkpointSystem } from '../../../src/testing/checkpoint-model/checkpoint-system.ts'",
      "import { propertiesOf, scenarioCalled } from '../../../src/testing/checkpoint-model/scenarios.ts'",
      '',
      `const scenario = scenarioCalled('${name}')!`,
      `const options = ${optionsText(short ? 'short' : 'full', records)}`,
      'const system = checkpointSystem(options, { checkers })',
      'const properties = propertiesOf(options, scenario.possible)',
    ],
  }
}

const optionsText = (size: string, records: number | undefined): string =>
  records === undefined ? `scenario.${size}` : `{ ...scenario.${size}, records: ${records} }`

function alone({ name, about, system }: LoneScenario): Target {
  return {
    name,
    about,
    kind: 'alone',
    system: (_, coverage) => system(trueParts.charts, coverage),
    properties: () => [],
    watched: (system(trueParts.charts).observers ?? []).map((observer) => observer.name),
    unwatched: [],
    setUp: () => [
      "import { loneScenarioCalled } from '../../../src/testing/checkpoint-model/lone-scenarios.ts'",
      "import { trueParts } from '../../../src/testing/checkpoint-model/protocol-parts.ts'",
      '',
      `const system = loneScenarioCalled('${name}')!.system(trueParts.charts)`,
      'const properties = []',
    ],
  }
}

export const targets: readonly Target[] = [...scenarios.map(whole), ...loneScenarios.map(alone)]
