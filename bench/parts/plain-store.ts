/**
 * The least that storing and reading entries can cost: msgpackr as it comes, on lists of a hundred entries each, and
 * one file. Nothing is checked on the way, and nobody else gets the event loop.
 */
import { open, readFile } from 'node:fs/promises'
import { Packr } from 'msgpackr'

const entriesPerFrame = 100
const bytesPerWrite = 1024 * 1024

/** Encodes, writes, and syncs the file. */
export async function storePlain(path: string, entries: ReadonlyMap<string, number>): Promise<void> {
  const packr = new Packr({ useRecords: false })
  const file = await open(path, 'w')
  try {
    let frame: unknown[] = []
    let pending: Uint8Array[] = []
    let pendingBytes = 0
    const write = async (): Promise<void> => {
      await file.write(Buffer.concat(pending))
      pending = []
      pendingBytes = 0
    }
    const pack = (): void => {
      const bytes = packr.pack(frame)
      frame = []
      pending.push(bytes)
      pendingBytes += bytes.length
    }
    for (const [key, value] of entries) {
      frame.push(key, value)
      if (frame.length < 2 * entriesPerFrame) continue
      pack()
      if (pendingBytes >= bytesPerWrite) await write()
    }
    pack()
    await write()
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Reads, decodes, and hands over every entry. */
export async function readPlain(path: string, take: (key: string, value: number) => void): Promise<void> {
  const packr = new Packr({ useRecords: false })
  packr.unpackMultiple(await readFile(path), (frame: unknown) => {
    const items = frame as readonly (string | number)[]
    for (let i = 0; i < items.length; i += 2) take(items[i] as string, items[i + 1] as number)
  })
}
