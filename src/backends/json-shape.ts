/**
 * Looks at JSON before it is parsed, since what is parsed may take twenty times its size in memory, and deep nesting the stack of
 * whoever walks it. Tests: test/backends/json-shape.test.ts.
 */
import { limits } from '../core/limits.ts'

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/** What is wrong with the size or the nesting of a text, whether or not it is JSON; undefined when nothing is. */
export function jsonShapeProblem(text: string): string | undefined {
  let depth = 0
  let values = 1
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (inString) {
      if (char === backslash) at++
      else if (char === quote) inString = false
    } else if (char === quote) inString = true
    else if (char === comma) values++
    else if (char === openBracket || char === openBrace) {
      values++
      // The outermost one holds the first level.
      if (++depth > limits.manifestDepthMax + 1) return `it is nested deeper than ${limits.manifestDepthMax} levels`
    } else if (char === closeBracket || char === closeBrace) depth--
    if (values > limits.manifestValuesMax) return `it has more than ${limits.manifestValuesMax} values`
  }
  return undefined
}
