// A resolve hook: a TypeScript job file is a module wherever it lies. Without a package.json that says so, Node would take
// it for CommonJS, and its `export default` could not be read as it was written.
export const resolve = async (specifier, context, next) => {
  const found = await next(specifier, context)
  const isTypeScript = /\.tsx?(?:[?#]|$)/.test(found.url) && !found.url.includes('/node_modules/')
  return isTypeScript ? { ...found, format: 'module' } : found
}
