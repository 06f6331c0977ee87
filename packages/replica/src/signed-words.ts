/** Owners' words in the directory: those that count are of present owners, and signed; each is verified once. */
import type { DeviceId, UserId } from '@poruch/base'
import { roles } from '@poruch/identity/fold'
import type { WorkspaceDirectory } from './directory.ts'
import type { WorkspaceLog } from './workspace-log.ts'

/** In the place of a signature, of who has taken the word back. */
export const withdrawn = '-'
/** Words of one device that are looked at: whoever proposes more at once is not heard. */
const maxWordsOfDevice = 16
/** Words whose signature is remembered; more than that are checked again. */
const maxVerified = 1_024

/** Parts of a word as its device has written it. */
export interface Saying {
  readonly key: string
  readonly device: DeviceId
  readonly value: string
}

export interface Word<What> extends Saying {
  readonly what: What
  readonly owner: UserId
}

export interface SignedWordsOptions<What> {
  readonly log: Pick<WorkspaceLog, 'fold'>
  readonly directory: Pick<WorkspaceDirectory, 'read'>
  /** Null for what is of another kind, or of another time. */
  read(saying: Saying): What | null
  verify(what: What, saying: Saying): Promise<boolean>
  /** A word has been verified. */
  readonly onVerified: () => void
}

/** Answers the good ones; what is not verified yet is, and told then. */
export function makeSignedWords<What>(options: SignedWordsOptions<What>): () => readonly Word<What>[] {
  const { fold } = options.log
  /** By the word: null while it is being verified. */
  const verified = new Map<string, boolean | null>()
  const ownerOf = (device: DeviceId): UserId | null => {
    const user = fold.userOf(device, fold.head()?.pos ?? 0)
    return user && fold.member(user)?.role === roles.owner ? user : null
  }
  const verify = (name: string, what: What, saying: Saying): void => {
    if (verified.size >= maxVerified) verified.clear()
    verified.set(name, null)
    void options.verify(what, saying).then((isGood) => {
      verified.set(name, isGood)
      options.onVerified()
    })
  }
  return () => {
    const counts = new Map<DeviceId, number>()
    return options.directory.read().words.flatMap((saying): Word<What>[] => {
      const { key, device, value } = saying
      const what = value === withdrawn ? null : options.read(saying)
      const owner = what === null ? null : ownerOf(device)
      const count = (counts.get(device) ?? 0) + 1
      if (what === null || !owner || count > maxWordsOfDevice) return []
      counts.set(device, count)
      const name = `${key} ${device} ${value}`
      const isGood = verified.get(name)
      if (isGood === undefined) verify(name, what, saying)
      return isGood ? [{ ...saying, what, owner }] : []
    })
  }
}
