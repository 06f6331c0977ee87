/** The user's per-user key on this device: new generations are opened out of the log, and stay durable beside the account. */
import { makeSerial } from '@poruch/base'
import type { Bytes } from '@poruch/base'
import { openPuk } from '@poruch/identity'
import { userLogIn } from '@poruch/identity/fold'
import { pukRecord, storedPukSeeds } from './account.ts'
import type { Account } from './account.ts'
import type { ReplicaPorts } from './ports.ts'
import type { WorkspaceLog } from './workspace-log.ts'

export interface OwnKeys {
  /** The log has grown: opens what a device of the user has rotated to, this one or another: the seed is sealed to all. True when that brought something new. */
  refresh(): Promise<boolean>
  /** Takes in what another tab has written to the store. */
  reload(): Promise<boolean>
}

export function makeOwnKeys({ ports, account, log }: { ports: ReplicaPorts; account: Account; log: WorkspaceLog }): OwnKeys {
  const serial = makeSerial()
  const take = (seeds: Iterable<readonly [number, Bytes]>): boolean => {
    const before = account.pukSeeds.size
    for (const [gen, seed] of seeds) account.pukSeeds.set(gen, seed)
    return account.pukSeeds.size > before
  }
  const refresh = async (): Promise<boolean> => {
    const gen = log.fold.userLog(account.user)?.puk?.gen
    if (gen === undefined || account.pukSeeds.has(gen)) return false
    try {
      const userLog = userLogIn(log.fold, log.read(0, log.nextPos()), account.user)
      const seeds = await openPuk({ suite: ports.suite, user: account.user, userLog, keys: [account.hpkeKey] })
      await ports.store.putRecords([...seeds].map(([each, seed]) => pukRecord(each, seed)))
      return take(seeds)
    } catch (thrown) {
      // Revoked: nothing of later generations is sealed to this device.
      ports.log?.('puk-not-opened', { gen, error: String(thrown) })
      return false
    }
  }
  return {
    refresh: async () => serial.run(refresh),
    reload: async () => take(await storedPukSeeds(ports.store)),
  }
}
