/** Writes names and titles into the directory: those of a moment ago, and those chosen on the way in. */
import { makeSerial } from '@poruch/base'
import type { TopicId } from '@poruch/base'
import { docKinds } from '@poruch/identity/fold'
import { setDirectoryValue } from '@poruch/model'
import type { DirectoryKey } from '@poruch/model'
import type { Account, OwnNames } from './account.ts'
import type { WorkspaceDirectory } from './directory.ts'
import type { DocumentWriter } from './document-writer.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'
import { collections, readJson } from './records.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface NameWriter {
  /** Durable here when it resolves. @throws ReplicaError */
  set(key: DirectoryKey, value: string): Promise<void>
  /** Writes what was chosen on the way in, once; until it can be written it waits, and this does nothing. */
  settle(): Promise<void>
}

export interface NameWriterOptions {
  readonly ports: ReplicaPorts
  readonly account: Account
  readonly log: WorkspaceLog
  readonly directory: WorkspaceDirectory
  readonly writer: DocumentWriter
}

export function makeNameWriter({ ports, account, log, directory, writer }: NameWriterOptions): NameWriter {
  const { store } = ports
  const settling = makeSerial()
  const set = async (topic: TopicId, key: DirectoryKey, value: string): Promise<void> =>
    writer.write(topic, (doc, session) => {
      setDirectoryValue(doc, account.device, { key, value, lamport: session.lamport() })
    })
  const settle = async (topic: TopicId, names: OwnNames): Promise<void> => {
    if (names.workspace) await set(topic, 'workspace', names.workspace)
    const channel = log.fold.docs().find(({ kind }) => kind === docKinds.channel)
    if (names.channel && channel) await set(topic, `title/${channel.prefix}`, names.channel)
    await set(topic, 'name', names.display)
    await store.putRecords([{ collection: collections.account, key: 'names', value: null }])
  }
  return {
    set: async (key, value) => {
      const topic = directory.topic()
      if (!topic) throw new ReplicaError('unknown-conversation', 'the workspace has no directory')
      await set(topic, key, value)
    },
    settle: async () => settling.run(settleWhenPossible),
  }

  async function settleWhenPossible(): Promise<void> {
    const topic = directory.topic()
    const names = log.fold.member(account.user) && topic && ((await readJson(store, collections.account, 'names')) as OwnNames | null)
    if (!names || !topic) return
    try {
      await settle(topic, names)
    } catch (thrown) {
      // Without the key, or with a full disk: tried again when something has changed.
      if (!(thrown instanceof ReplicaError)) throw thrown
      ports.log?.('names-not-written-yet', { code: thrown.code, reason: thrown.reason ?? '' })
    }
  }
}
