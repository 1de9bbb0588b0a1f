// A resolve hook: adds the export condition under which this package's subpaths point into `src/`.
export const resolve = (specifier, context, next) =>
  next(specifier, { ...context, conditions: [...context.conditions, 'tidemark-source'] })
