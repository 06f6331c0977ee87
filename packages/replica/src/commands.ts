/** What a person orders that the sequencer or the relay must take: run by the tab that has the network. */
import { idToBytes } from '@poruch/base'
import type { Replica } from './api.ts'
import { checkedName } from './arrival.ts'
import { ReplicaError } from './errors.ts'
import type { LateMessages } from './late-messages.ts'
import type { MemberDevice } from './member-device.ts'
import type { NameWriter } from './own-names.ts'
import type { OwnerWords } from './owner-words.ts'
import { sequencerOf } from './relay-words.ts'
import type { RelayWords } from './relay-words.ts'

export type Commands = Pick<
  Replica,
  | 'createInvitation'
  | 'revokeInvitation'
  | 'admit'
  | 'deny'
  | 'removeMember'
  | 'leave'
  | 'propose'
  | 'approve'
  | 'withdraw'
  | 'createChannel'
  | 'admitLate'
  | 'revokeDevice'
  | 'setDisplayName'
  | 'becomeSteward'
>

export interface CommandParts {
  readonly device: MemberDevice
  readonly late: LateMessages
  readonly names: NameWriter
  readonly words: OwnerWords
  readonly relayWords: RelayWords
}

export function makeCommands({ device, late, names, words, relayWords }: CommandParts): Commands {
  const { membership, joinRequests, requests, ports } = device
  return {
    createInvitation: async ({ role, validForMs, maxUses, approval }) => {
      const roleNumber = ({ viewer: 1, commenter: 2, editor: 3 } as const)[role]
      const expiresAtMs = ports.clock.now() + validForMs
      const policy = approval ? 'approval' : 'auto'
      return { link: await membership.createInvitation({ role: roleNumber, expiresAtMs, maxUses, policy }) }
    },
    revokeInvitation: async (id) => membership.revokeInvitation(id),
    admit: async ({ user, invitation }) => {
      const waiting = joinRequests.find(user, invitation)
      if (!waiting) throw new ReplicaError('refused', 'the request is gone', { reason: 'request-unknown' })
      await membership.admit(waiting.request)
      await joinRequests.drop(user, invitation)
    },
    deny: async ({ user, invitation }) => {
      await requests.ask((ref) => ({ type: 'JOINDENY', ref, invitation, user }))
      await joinRequests.drop(user, invitation)
    },
    removeMember: async (user) => {
      await membership.remove(user)
    },
    leave: async () => membership.leave(),
    propose: words.agree,
    approve: async (proposal) => {
      if (!('sequencer' in proposal)) return words.agree(proposal)
      await relayWords.agree(sequencerOf(proposal))
      return 'waiting'
    },
    withdraw: async (proposal) => ('sequencer' in proposal ? relayWords.withdraw(proposal) : words.withdraw(proposal)),
    createChannel: async (title) => {
      const checked = checkedName(title)
      const prefix = await membership.addChannel()
      await names.set(`title/${prefix}`, checked)
      return { kind: 'channel', prefix }
    },
    revokeDevice: async (each) => device.ownDevices.revoke(each),
    becomeSteward: async () => {
      const sequencer = idToBytes(device.account.device)
      const mandate = relayWords.mandate(sequencer)
      await (mandate ? device.steward.begin(mandate) : relayWords.agree(sequencer))
      return mandate ? 'ordered' : 'waiting'
    },
    setDisplayName: async (name) => names.set('name', checkedName(name)),
    admitLate: async ({ id }) => {
      const entry = late.find(id)
      if (!entry) throw new ReplicaError('refused', 'the message is gone', { reason: 'message-unknown' })
      const { topic, opened } = entry
      await membership.admitLate({ device: opened.device, topic, seq: opened.seq, envelope: opened.id })
    },
  }
}

type Ask = (name: keyof Commands, args: readonly unknown[]) => Promise<unknown>

/** The same commands, each asked of whoever may run it. Arguments and answers are plain data. */
export function askedOf(ask: Ask): Commands {
  const asked =
    <Name extends keyof Commands>(name: Name) =>
    async (...args: Parameters<Commands[Name]>): Promise<Awaited<ReturnType<Commands[Name]>>> =>
      (await ask(name, args)) as Awaited<ReturnType<Commands[Name]>>
  return {
    createInvitation: asked('createInvitation'),
    revokeInvitation: asked('revokeInvitation'),
    admit: asked('admit'),
    deny: asked('deny'),
    removeMember: asked('removeMember'),
    leave: asked('leave'),
    propose: asked('propose'),
    approve: asked('approve'),
    withdraw: asked('withdraw'),
    createChannel: asked('createChannel'),
    admitLate: asked('admitLate'),
    revokeDevice: asked('revokeDevice'),
    setDisplayName: asked('setDisplayName'),
    becomeSteward: asked('becomeSteward'),
  }
}

/** Runs a command by its name; one that another version has asked for is refused. */
export async function runCommand(commands: Commands, name: string, args: readonly unknown[]): Promise<unknown> {
  if (!Object.hasOwn(commands, name)) throw new ReplicaError('refused', 'no such command', { reason: 'command-unknown' })
  const command = commands[name as keyof Commands] as (...given: readonly unknown[]) => Promise<unknown>
  return command(...args)
}
