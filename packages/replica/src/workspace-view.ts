/** The workspace as screens see it. */
import type { UserId } from '@poruch/base'
import { safetyNumber } from '@poruch/identity'
import { invitationOpen, roles } from '@poruch/identity/fold'
import type { Role } from '@poruch/identity/fold'
import type { ConnectionView, InvitationView, JoinRequestView, MemberView, Reach, RoleName, WorkspaceView } from './api.ts'
import { makeMemo } from './derived.ts'
import type { Memo } from './derived.ts'
import type { RunningDevice } from './running-device.ts'

const names = ['none', 'viewer', 'commenter', 'editor', 'admin', 'owner'] as const

function roleName(role: Role): RoleName {
  return role === roles.none ? 'viewer' : (names[role] as RoleName)
}

export interface WorkspaceViews {
  readonly workspace: Memo<WorkspaceView>
  readonly connection: Memo<ConnectionView>
}

export function makeWorkspaceViews(running: RunningDevice, onChange: () => void): WorkspaceViews {
  const numbers = makeSafetyNumbers(running, onChange)
  const workspace = makeMemo((): WorkspaceView => {
    const { device, late } = running
    const { account, log, directory, conversations } = device
    const myRole = log.fold.member(account.user)?.role ?? roles.none
    return {
      scope: log.scope,
      name: directory.read().workspace,
      myRole: myRole === roles.none ? 'none' : roleName(myRole),
      members: log.fold.members().map((member): MemberView => {
        const isMe = member.user === account.user
        const name = directory.read().names.get(member.user) ?? ''
        const role = roleName(member.role)
        const reach = reachOf(running, member.user)
        const isHere = !isMe && (reach === 'direct' || running.signs.isHere(member.user))
        return { user: member.user, name, role, isMe, reach, isHere, safetyNumber: isMe ? '' : numbers(member.user) }
      }),
      conversations: conversations.summaries(),
      invitations: myRole >= roles.admin ? invitationsOf(running) : [],
      requests: myRole >= roles.admin ? requestsOf(running) : [],
      late: myRole >= roles.admin ? late.list() : [],
      proposals: myRole === roles.owner ? [...running.words.waiting(), ...running.relayWords.waiting()] : [],
    }
  })
  return { workspace, connection: makeMemo(() => connectionOf(running)) }
}

function requestsOf({ device }: RunningDevice): JoinRequestView[] {
  return device.joinRequests.waiting().map(({ request, name, number }) => {
    const { user, invitation, info } = request
    return { user, invitation, name, role: roleName(info.role), safetyNumber: grouped(number) }
  })
}

function invitationsOf({ device }: RunningDevice): InvitationView[] {
  const nowMs = device.ports.clock.now()
  return device.log.fold.invitations().map((info) => {
    const { id, role, expiresAtMs, maxUses, uses } = info
    const state = info.closed ? 'closed' : invitationOpen(info, nowMs) ? 'open' : 'expired'
    return { id, role: roleName(role), expiresAtMs, maxUses, uses, state }
  })
}

function reachOf({ peers, device }: RunningDevice, user: UserId): Reach {
  if (peers.linked().some((peer) => peer.user === user)) return 'direct'
  return device.requests.connected ? 'relay' : 'none'
}

function connectionOf({ device, line, peers, confirmations, relayState, network }: RunningDevice): ConnectionView {
  const state = relayState()
  const directoryNames = device.directory.read().names
  const absent = device.sequencer.absent()
  const steward = device.steward.device()
  return {
    relay: { state: state.name, origin: device.origin, code: state.name === 'refused' ? state.code : null },
    peers: peers.linked().map(({ user, transportKey }) => ({
      user,
      name: directoryNames.get(user) ?? '',
      transport: 'webrtc',
      roundTripMs: network()?.roundTripMs(transportKey) ?? null,
    })),
    unsent: line.unsent(),
    waitingChanges: device.proposals.waiting(),
    steward: steward && {
      user: steward.user,
      name: directoryNames.get(steward.user) ?? '',
      isThisDevice: steward.device === device.account.device,
    },
    waitsFor: absent && { user: absent, name: directoryNames.get(absent) ?? '' },
    staleSinceMs: confirmations.staleSinceMs(),
  }
}

/** Safety numbers take a hash each, so they come a moment after the member. */
function makeSafetyNumbers({ device }: RunningDevice, onReady: () => void): (user: UserId) => string {
  const known = new Map<UserId, string>()
  return (user) => {
    const found = known.get(user)
    if (found !== undefined) return found
    known.set(user, '')
    void safetyNumber(device.ports.suite, device.account.user, user).then((number) => {
      known.set(user, grouped(number))
      onReady()
    })
    return ''
  }
}

/** 60 digits in groups of five. */
export function grouped(number: string): string {
  return number.replaceAll(/(\d{5})(?=\d)/gu, '$1 ')
}
