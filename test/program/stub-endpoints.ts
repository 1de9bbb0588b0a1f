/** Endpoints that are planned but never run, and a short way from a program to its operators. */
import { assert } from '../../src/core/errors.ts'
import { buildJobGraph } from '../../src/graph/build-job-graph.ts'
import type { JobGraph, JobOperator } from '../../src/graph/job-graph.ts'
import type { Sink, Source } from '../../src/operators/endpoints.ts'
import type { StreamEnvironment } from '../../src/program/environment.ts'

export const source = <T = number>(kind = 'numbers', parallelism?: number): Source<T> => ({
  kind,
  bounded: true,
  replayable: true,
  ...(parallelism === undefined ? {} : { parallelism }),
  createReader: () => assert(false, 'a planned source is not read') as never,
})

export const sink = <T = unknown>(kind = 'out', stateful = false): Sink<T> => ({
  kind,
  stateful,
  createWriter: () => assert(false, 'a planned sink is not written') as never,
})

export const graphOf = (env: StreamEnvironment): JobGraph => buildJobGraph(env.toProgram(), 'job')

/** All operators, in program order. */
export const operatorsOf = (env: StreamEnvironment): readonly JobOperator[] =>
  graphOf(env)
    .vertices.flatMap(({ operators }) => operators)
    .sort((a, b) => a.node - b.node)

export const idsOf = (env: StreamEnvironment): readonly string[] => operatorsOf(env).map(({ id }) => id)
