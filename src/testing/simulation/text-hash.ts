/** A 32-bit hash of a text (FNV-1a), to compare runs by: quick, equal on every machine, and no more than that. */
export function textHash(text: string, from = 0x811c9dc5): number {
  let hash = from
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
