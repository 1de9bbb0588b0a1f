/** The checkpoint protocol as a system to explore: the charts of the runtime in a model of everything around them. */
export { checkpointSystem, type SystemParts } from './checkpoint-system.ts'
export { type CheckpointModelOptions, overtakes, quiet, quietCoordinator, type Slow } from './model-options.ts'
export { endings, type Possibility, possibilities } from './model-properties.ts'
export { type KernelRules, type ProtocolCharts, type ProtocolParts, trueParts, trueRules } from './protocol-parts.ts'
export { propertiesOf, type Scenario, scenarioCalled, scenarios } from './scenarios.ts'
