/** How messages are grouped, and which rows the sidebar has. */
import type { ScopeId, UserId } from '@poruch/base'
import type { MemberView, WorkspaceView } from '@poruch/replica'
import { expect, test } from 'vitest'
import { conversationRows } from './conversation-rows.ts'
import { startsDay, startsGroup } from './message-groups.ts'

const noon = new Date(2026, 5, 1, 12).getTime()
const minute = 60_000

test('[CL7] messages of one author within five minutes are one group', () => {
  const first = { author: 'alice', wallTime: noon }
  expect(startsGroup(first, undefined)).toBe(true)
  expect(startsGroup({ author: 'alice', wallTime: noon + 5 * minute }, first)).toBe(false)
  expect(startsGroup({ author: 'alice', wallTime: noon + 5 * minute + 1 }, first)).toBe(true)
  expect(startsGroup({ author: 'bob', wallTime: noon }, first)).toBe(true)
  expect(startsGroup({ author: 'alice', wallTime: noon - 60 * minute }, first)).toBe(true)
})

test('[CL7] a new day begins a group and a line', () => {
  const late = { author: 'alice', wallTime: new Date(2026, 5, 1, 23, 59).getTime() }
  const next = { author: 'alice', wallTime: late.wallTime + 2 * minute }
  expect([startsDay(next, late), startsGroup(next, late), startsDay(late, { author: 'bob', wallTime: noon })]).toEqual([true, true, false])
})

test('[CL7] what has no time begins no day, and no group of its own', () => {
  const erased = { author: 'alice', wallTime: 0 }
  const later = { author: 'alice', wallTime: noon }
  expect([startsDay(erased, undefined), startsGroup(erased, undefined)]).toEqual([false, true])
  expect([startsDay(erased, later), startsGroup(erased, later), startsGroup(erased, erased)]).toEqual([false, false, false])
  expect([startsDay(later, erased), startsGroup(later, erased)]).toEqual([true, true])
})

const person = (byte: string, name: string, isMe = false): MemberView => ({
  user: byte.repeat(32) as UserId,
  name,
  role: 'editor',
  isMe,
  reach: 'none',
  isHere: false,
  safetyNumber: '',
})

test('[CL14] channels and people are sorted as the language sorts; one who has left keeps the row of the chat', () => {
  const gone = 'dd'.repeat(32) as UserId
  const members = [person('aa', 'Аня', true), person('bb', 'Іван'), person('cc', 'Ґеник'), person('ce', '')]
  const channel = (byte: string, title: string) => ({
    id: { kind: 'channel', prefix: byte.repeat(28) } as const,
    title,
    lastText: '',
    lastWallTime: null,
    unread: 1,
  })
  const workspace: WorkspaceView = {
    scope: '00'.repeat(32) as ScopeId,
    name: 'Work',
    myRole: 'owner',
    members,
    conversations: [
      channel('11', 'звіти'),
      channel('22', 'ґанок'),
      { id: { kind: 'direct', user: gone }, title: 'Дарина', lastText: '', lastWallTime: 1, unread: 0 },
      { id: { kind: 'direct', user: members[1]?.user as UserId }, title: 'Old name', lastText: '', lastWallTime: 1, unread: 2 },
    ],
    invitations: [],
    requests: [],
    late: [],
    proposals: [],
  }
  const rows = conversationRows(workspace, 'uk')
  expect([...rows.channels.values()].map((row) => row.title)).toEqual(['ґанок', 'звіти'])
  expect([...rows.people.values()].map((row) => [row.title, row.unread])).toEqual([
    ['', 0],
    ['Ґеник', 0],
    ['Дарина', 0],
    ['Іван', 2],
  ])
  expect(conversationRows(null, 'uk').people.size).toBe(0)
})
