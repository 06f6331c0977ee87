import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Bytes, EntryId } from '@poruch/base'
import type { SigningKey, Suite } from '@poruch/crypto'
import { addDeviceOp, createIdentity, extendUserLog, generateDeviceKeys, recoveryKeysFromWords, revokeDeviceOp } from '@poruch/identity'
import type { NewIdentity } from '@poruch/identity'
import { decideFork, foldUserLog, pinSteps } from '@poruch/identity/fold'
import type { ForkDecision, UserLogState, UserOp } from '@poruch/identity/fold'
import { seededRandom } from '@poruch/testkit/fixtures'
import { keyedHashSuite } from '@poruch/testkit/keyed-suite'

// Noise of the machine must not fail a test: only one that hangs is stopped.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const random = seededRandom(25)
let suite: Suite
let alice: NewIdentity
let phone: SigningKey
let laptop: SigningKey
let recovery: SigningKey
let base: { readonly log: readonly Bytes[]; readonly state: UserLogState }

beforeEach(async () => {
  suite = keyedHashSuite(random)
  alice = await createIdentity({ suite, random })
  phone = alice.device
  recovery = (await recoveryKeysFromWords(suite, alice.words)).sign
  const keys = await generateDeviceKeys(suite, random)
  laptop = keys.device
  const added = await extendUserLog(suite, alice.state, { op: await addDeviceOp(suite, alice.state, keys), signer: phone })
  base = { log: [...alice.userLog, added.bytes], state: added.state }
})

interface Branch {
  readonly log: readonly Bytes[]
  readonly ids: readonly EntryId[]
}

/** The base and one AddDevice by each of the signers. */
async function branch(...signers: readonly SigningKey[]): Promise<Branch> {
  const log = [...base.log]
  const ids: EntryId[] = []
  let { state } = base
  for (const signer of signers) {
    const op: UserOp = await addDeviceOp(suite, state, await generateDeviceKeys(suite, random))
    const grown = await extendUserLog(suite, state, { op, signer })
    state = grown.state
    log.push(grown.bytes)
    ids.push(state.head)
  }
  return { log, ids }
}

async function decide(one: Branch, other: Branch, pinned: readonly EntryId[] = []): Promise<ForkDecision> {
  const judged = await decideFork(suite, { branches: [one.log, other.log], pinned })
  const swapped = await decideFork(suite, { branches: [other.log, one.log], pinned })
  if (!judged.ok || !swapped.ok) throw new Error('refused')
  // Whoever asks, in whatever order, hears the same.
  if (judged.value.by !== 'same') expect(swapped.value).toEqual({ ...judged.value, stands: 1 - judged.value.stands })
  return judged.value
}

describe('a forked user log', () => {
  test('[ID19] is none where one branch goes on after the other', async () => {
    const [short, long] = [await branch(), await branch(phone, laptop)]
    expect(await decide(short, short)).toEqual({ stands: 0, by: 'same', voided: [] })
    expect(await decide(short, long)).toEqual({ stands: 1, by: 'longer', voided: [] })
  })

  test('[ID19] is decided by the recovery key, whatever is pinned and however long', async () => {
    const [device, words] = [await branch(phone, phone, phone), await branch(recovery)]
    expect(await decide(device, words)).toEqual({ stands: 1, by: 'recovery', voided: device.ids })
    expect(await decide(device, words, device.ids)).toEqual({ stands: 1, by: 'recovery', voided: device.ids })
    // What counts is the first entry that differs.
    const late = await branch(laptop, recovery)
    expect(await decide(await branch(phone), late)).toMatchObject({ stands: 0, by: 'device-order' })
  })

  test('[ID19] is decided by a pin among devices, and else by the device added first', async () => {
    const [early, late] = [await branch(phone, laptop), await branch(laptop, laptop)]
    expect(await decide(late, early)).toEqual({ stands: 1, by: 'device-order', voided: late.ids })
    expect(await decide(late, early, late.ids.slice(1))).toEqual({ stands: 0, by: 'pin', voided: early.ids })
    expect(
      await decide(
        late,
        early,
        [late.ids[1], early.ids[0]].filter((id) => id !== undefined),
      ),
    ).toMatchObject({ by: 'device-order' })
    expect(await decide(late, early, [base.state.head])).toMatchObject({ by: 'device-order' })
  })

  test('[ID19] of one key with itself is decided by a pin, and else by the lower id', async () => {
    for (const signer of [phone, recovery]) {
      const [one, other] = [await branch(signer), await branch(signer)]
      const lower = (one.ids[0] ?? '') < (other.ids[0] ?? '') ? 0 : 1
      expect(await decide(one, other)).toEqual({ stands: lower, by: 'id', voided: lower === 0 ? other.ids : one.ids })
      expect(await decide(one, other, one.ids)).toEqual({ stands: 0, by: 'pin', voided: other.ids })
    }
  })

  test('[ID19] is not decided by entries that are not good, nor by another user’s', async () => {
    const good = await branch(phone)
    const bad = await branch(laptop)
    const broken = [...bad.log.slice(0, -1), bad.log.at(-1)?.slice(1) ?? new Uint8Array()]
    expect(await decideFork(suite, { branches: [good.log, broken], pinned: [] })).toEqual({ ok: false, reason: 'bad-bytes' })
    expect(await decideFork(suite, { branches: [[], good.log], pinned: [] })).toEqual({ ok: false, reason: 'no-entries' })
    const mallory = await createIdentity({ suite, random })
    expect(await decideFork(suite, { branches: [good.log, mallory.userLog], pinned: [] })).toEqual({ ok: false, reason: 'other-user' })
  })
})

describe('entries to be pinned', () => {
  test('[ID18] are parted so that each part revokes at most one device', async () => {
    const { log } = await branch(phone, laptop)
    const grown = await foldUserLog(suite, log)
    if (!grown.ok) throw new Error(grown.reason)
    let { state } = grown.value
    const entries = log.slice(base.log.length)
    for (const { device } of state.devices.slice(1)) {
      const revoked = await extendUserLog(suite, state, { op: revokeDeviceOp(device, []), signer: phone })
      state = revoked.state
      entries.push(revoked.bytes)
    }
    const steps = pinSteps(entries)
    expect(steps.flat()).toEqual(entries)
    expect(steps.map((step) => step.length)).toEqual([3, 1, 1])
    expect(pinSteps([])).toEqual([])
    let pinned = base.state
    for (const step of steps) {
      const judged = await foldUserLog(suite, step, pinned)
      if (!judged.ok) throw new Error(judged.reason)
      expect(judged.value.revoked).toHaveLength(1)
      pinned = judged.value.state
    }
  })
})
