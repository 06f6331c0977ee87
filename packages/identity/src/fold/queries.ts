/** The questions that a folded scope log answers; all from committed state. */
import type { DeviceId } from '@poruch/base'
import type { InvitationInfo, MemberInfo, ScopeFold } from '../fold-api.ts'
import { roles } from '../roles.ts'
import { prefixOf } from '../scope-log/topics.ts'
import { anchoredTopics, anchorInfo } from './anchors.ts'
import { lastValue, valueAt } from './history.ts'
import { takeOverFloor } from './branches.ts'
import { isClosed } from './invitations.ts'
import { roleOf } from './judging.ts'
import { minRoleOf } from './minimums.ts'
import { standingOf } from './standing.ts'
import { globalsOf } from './state.ts'
import type { InvitationRow, State, UserRow } from './state.ts'
import { keptAnswer } from './table.ts'

/** What judges or reads the whole state, one after another. */
type AsyncParts = 'apply' | 'takeOver' | 'noteBranch' | 'reportFraud' | 'stateRoot' | 'exportState'

export function makeQueries(state: State): Omit<ScopeFold, 'scope' | AsyncParts> {
  return { ...logQueries(state), ...userQueries(state), ...docQueries(state), ...epochQueries(state) }
}

/** Positions beyond the head are not known yet: nothing holds there. */
function isKnown(state: State, pos: number): boolean {
  const { head } = globalsOf(state)
  return head !== null && pos >= 0 && pos <= head.pos
}

type LogQueries =
  | 'head'
  | 'entryIdAt'
  | 'leftAt'
  | 'sequencer'
  | 'term'
  | 'takeOverFloor'
  | 'checkpointPos'
  | 'frozen'
  | 'historyPolicy'
  | 'ownerTerm'
  | 'invitations'
  | 'anchorOf'
  | 'anchored'

function logQueries(state: State): Pick<ScopeFold, LogQueries> {
  return {
    head: () => globalsOf(state).head,
    entryIdAt: (pos) => state.entries.get(pos) ?? null,
    leftAt: (pos) => {
      const last = globalsOf(state).takeOvers.findLast((takeOver) => takeOver <= pos)
      return last === undefined ? null : last - 1
    },
    sequencer: () => globalsOf(state).sequencer,
    term: () => globalsOf(state).term,
    takeOverFloor: () => takeOverFloor(state),
    checkpointPos: () => {
      const pos = globalsOf(state).checkpointPos
      return pos < 0 ? null : pos
    },
    frozen: () => state.frauds.get(globalsOf(state).term) !== undefined,
    historyPolicy: () => (globalsOf(state).historyPolicy === 1 ? 'since-join' : 'full'),
    anchorOf: (topic, snapshot) => anchorInfo(state, topic, snapshot),
    anchored: () => anchoredTopics(state),
    ownerTerm: () => globalsOf(state).ownerTerm,
    invitations: () => [...state.invitations.committed()].toSorted((a, b) => a.pos - b.pos).map((row) => invitationInfo(state, row)),
  }
}

function invitationInfo(state: State, row: InvitationRow): InvitationInfo {
  const { id, role, expiresAtMs, maxUses, uses, policy, author } = row
  const closed = isClosed(row, state.users.get(author), globalsOf(state).autoClosedPos)
  return { id, role, expiresAtMs, maxUses, uses, policy, author, closed }
}

type UserQueries =
  | 'removedOnAnyBranch'
  | 'roleAt'
  | 'userOf'
  | 'ownerOf'
  | 'deviceByIndex'
  | 'transportKeyOf'
  | 'members'
  | 'member'
  | 'userLog'

function userQueries(state: State): Pick<ScopeFold, UserQueries> {
  return {
    removedOnAnyBranch: (user) => state.elsewhere.get(user) !== undefined,
    roleAt: (user, pos) => {
      const row = state.users.get(user)
      return row && isKnown(state, pos) ? (valueAt(row.roles, pos) ?? roles.none) : roles.none
    },
    userOf: (device, pos) => {
      const row = state.devices.get(device)
      if (!row || !isKnown(state, pos) || row.addedPos > pos) return null
      return row.revokedPos !== null && row.revokedPos <= pos ? null : row.user
    },
    ownerOf: (device) => state.devices.get(device)?.user ?? null,
    deviceByIndex: (index) => state.indexes.get(index) ?? null,
    transportKeyOf: (device) => transportKeyOf(state, device),
    members: keptAnswer(state.users, (users) => [...users].map(memberInfo).filter((member) => member !== null)),
    member: (user) => {
      const row = state.users.get(user)
      return row ? memberInfo(row) : null
    },
    userLog: (user) => state.users.get(user)?.log ?? null,
  }
}

function transportKeyOf(state: State, device: DeviceId): MemberInfo['puk']['publicKey'] | null {
  const row = state.devices.get(device)
  const user = row && state.users.get(row.user)
  if (!user || row.revokedPos !== null || roleOf(user) === roles.none) return null
  return user.log.devices.find((known) => known.device === device)?.transport ?? null
}

function memberInfo(row: UserRow): MemberInfo | null {
  const role = roleOf(row)
  if (role === roles.none || !row.log.puk) return null
  const devices = row.log.devices.filter((device) => device.live).map((device) => device.device)
  return { user: row.user, role, devices, puk: row.log.puk, userLogHead: row.log.head, joinedPos: row.joinedPos }
}

function docQueries(state: State): Pick<ScopeFold, 'topicRuleAt' | 'docs' | 'standing' | 'cutVersion'> {
  return {
    topicRuleAt: (topic, pos) => {
      const row = state.docs.get(prefixOf(topic))
      const minimum = row && isKnown(state, pos) && valueAt(row.minimums, pos)
      return row && minimum ? { kind: row.kind, minRole: minRoleOf(topic, minimum), addedPos: row.addedPos } : null
    },
    docs: keptAnswer(state.docs, (docs) =>
      [...docs]
        .toSorted((a, b) => a.addedPos - b.addedPos)
        .map((row) => {
          const { minWrite, minReact } = lastValue(row.minimums) ?? { minWrite: roles.owner, minReact: roles.owner }
          return { prefix: row.prefix, kind: row.kind, minWrite, minReact, author: row.author, pos: row.addedPos }
        }),
    ),
    standing: (place, onChain) => standingOf(state, place, onChain),
    cutVersion: () => globalsOf(state).cutVersion,
  }
}

function epochQueries(state: State): Pick<ScopeFold, 'epochs' | 'epochByGen' | 'minGenAt' | 'epochDue'> {
  return {
    epochs: keptAnswer(state.epochs, (epochs) => [...epochs].toSorted((a, b) => a.gen - b.gen)),
    epochByGen: (gen) => state.epochs.get(gen) ?? null,
    minGenAt: (pos) => valueAt(globalsOf(state).minGens, pos) ?? 0,
    epochDue: () => globalsOf(state).epochDue,
  }
}
