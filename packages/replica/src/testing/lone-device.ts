/** A member's device on what a tab has left on its disk, without a network: for tests of one of its parts. */
import type { Frame } from '@poruch/sync/wire'
import { loadAccount, loadPhase } from '../account.ts'
import { openAlarms } from '../alarms.ts'
import { openMemberDevice } from '../member-device.ts'
import type { MemberDevice } from '../member-device.ts'
import type { ReplicaPorts } from '../ports.ts'
import type { Device, Scene } from './scene.ts'

/** All its topics are read when it resolves; `before` is called first. Its tab must be closed. */
export async function openLone(
  { suite, random, clock }: Scene,
  { disk }: Device,
  before: (device: MemberDevice) => void = () => {},
): Promise<MemberDevice> {
  const store = disk.open()
  const account = await loadAccount({ store, suite })
  const phase = await loadPhase(store)
  if (!account || phase?.name !== 'member') throw new Error('no member has been here')
  const ports: ReplicaPorts = { suite, random, clock, store, relay: { keep: () => {} }, peers: null }
  const device = await openMemberDevice({ ports, account, alarms: await openAlarms(ports) }, phase)
  before(device)
  for (const topic of device.allTopics()) await device.sync.openTopic(topic)
  return device
}

/** A session with a relay that takes what it is sent, and answers nothing; what it was sent. */
export function hearSilently({ requests }: MemberDevice): readonly Frame[] {
  const sent: Frame[] = []
  let refs = 0
  requests.attach({
    send: (frame) => sent.push(frame) > 0,
    nextRef: () => ++refs,
    onFrame: () => () => {},
    onClose: () => () => {},
    close: () => {},
  })
  return sent
}
