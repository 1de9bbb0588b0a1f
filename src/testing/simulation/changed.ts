/** An object with some of its methods changed: what the simulation watches storage with, and mutants break it with. */
export function changed<T extends object>(
  inner: T,
  changes: { readonly [Name in keyof T]?: (method: T[Name]) => T[Name] },
): T {
  return new Proxy(inner, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown
      if (typeof value !== 'function') return value
      const method = value.bind(target) as T[keyof T]
      const change = changes[name as keyof T]
      return change === undefined ? method : change(method)
    },
  })
}
