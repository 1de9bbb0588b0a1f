/** JSON of a record for a message, cut to one line's length. */
export function shortJson(value: unknown): string {
  let text: string
  try {
    // JSON has no NaN and no infinity.
    text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  } catch {
    text =
      typeof value === 'bigint'
        ? `${value}n`
        : typeof value === 'object'
          ? '(an object that is no JSON)'
          : String(value)
  }
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`
}
