/** Makes a workspace: its first entries, ordered by the relay that lets this device create one. */
import type { Bytes, EpochId, ScopeId } from '@poruch/base'
import { createEpoch, draftAddDoc, draftGenesis, genesisPlace, newPrefix, proposeAll } from '@poruch/identity'
import { docKinds, foldUserLog, roles } from '@poruch/identity/fold'
import type { Account } from './account.ts'
import { ReplicaError } from './errors.ts'
import type { ReplicaPorts } from './ports.ts'

export interface Founding {
  readonly scope: ScopeId
  readonly records: readonly Bytes[]
  readonly epoch: { readonly id: EpochId; readonly key: Bytes }
}

/** The genesis, the directory, one channel and the first epoch: proposed together, so that no half workspace can exist. */
export async function makeFounding(ports: ReplicaPorts, account: Account, sequencer: Bytes): Promise<Founding> {
  const { suite, random } = ports
  const judged = await foldUserLog(suite, account.userLog)
  if (!judged.ok || !judged.value.state.puk) throw new ReplicaError('closed', 'the own user log does not fold')
  const { user, head, puk } = judged.value.state
  const author = { device: account.signingKey, userLogHead: head }
  const begin = [
    draftGenesis({ random, userLog: account.userLog, sequencer }),
    draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.directory, minWrite: roles.viewer, minReact: roles.viewer }),
    draftAddDoc({ prefix: newPrefix(random), docKind: docKinds.channel, minWrite: roles.editor, minReact: roles.viewer }),
  ]
  const first = await proposeAll(suite, genesisPlace, { drafts: begin, author })
  const place = first.at(-1)?.next
  if (!place) throw new ReplicaError('closed', 'nothing was proposed')
  const readers = [{ user, userLogHead: head, pukGen: puk.gen }]
  const epoch = await createEpoch({ suite, random, scope: place.scope, gen: 0, readers, previousKey: null })
  const opened = await proposeAll(suite, place, { drafts: [epoch.draft], author })
  return {
    scope: place.scope,
    records: [...first, ...opened].map(({ record }) => record),
    epoch: { id: opened[0]?.id as string as EpochId, key: epoch.key },
  }
}
