/**
 * A function compiled from text for one operator alone.
 *
 * A loop that all operators of a process share calls many user functions from one place, and the engine, which learns per
 * place in the code, gives up: each call then costs five times what it costs in a loop that knows one function only. The
 * engine also takes equal texts for one function, so the text carries the name of its owner; the subtasks of one
 * operator, which call the same functions, share theirs.
 *
 * The texts are written in this folder. Nothing of the user's program becomes code: its functions are arguments.
 * Each stands beside a shared function that does the same, and is not taken from it with `toString`, because a bundler or a
 * loader may have put names into that function which the compiled one could not see. Tests run both on the same input.
 */

/** Calls `new Function(parameter, body)`; undefined where that is not allowed (`--disallow-code-generation-from-strings`). */
export function ownCode(owner: string, parameter: string, body: string): ((argument: unknown) => unknown) | undefined {
  try {
    // A name is not code: nothing in it may end the comment.
    const code = `'use strict' // ${owner.replace(/[^\w -]/g, '_')}\n${body}`
    return new Function(parameter, code) as (argument: unknown) => unknown
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}
