/** `tidemark savepoint verify`: is everything there that a restore would read, and sound? */
import { verifySavepoint } from '../savepoint/verify-savepoint.ts'
import { type Command, defineFlag, type Invocation } from './command.ts'
import { printable } from './context.ts'
import { printing } from './printing.ts'
import { jsonFlag, openingOf, pathsOf } from './savepoint-argument.ts'

export const savepointVerifyCommand: Command = {
  name: 'savepoint verify',
  usage: '[--json] <path>',
  about:
    'Checks every file, checksum and entry of a savepoint or retained checkpoint. Exit code 1: damaged. Needs no session.',
  example: 'tidemark savepoint verify /data/savepoints/savepoint-5e20cb-94f1c7a2be01',
  flags: [jsonFlag, defineFlag],
  run: verify,
}

async function verify(invocation: Invocation): Promise<number> {
  const [path = ''] = pathsOf(invocation, ['the path of a savepoint'])
  const findings = await verifySavepoint(path, openingOf(invocation))
  const damages = findings.filter(({ severity }) => severity === 'damage').length
  return printing(invocation.context.stdout, async (print) => {
    for (const finding of findings) {
      const { severity, code, place, message } = finding
      if (invocation.flags.has('--json')) await print(JSON.stringify(finding))
      else await print(printable(`${severity}[${code}] ${place}: ${message}`))
    }
    if (!invocation.flags.has('--json')) {
      await print(
        damages === 0 ? `${path} is sound.` : `${path} is damaged: ${damages} of ${findings.length} findings.`,
      )
    }
    return damages === 0 ? 0 : 1
  })
}
