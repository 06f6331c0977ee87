/** Says what an attack has done to the honest: taken in, lost, or parted for good. */
import { toHex } from '@poruch/base'
import { recordsOf, shownIn } from './members.ts'
import type { Member } from './members.ts'
import type { World } from './world.ts'

/** What nobody honest wrote or decided, at any moment; one line each. */
export async function findUnauthorised(world: World): Promise<readonly string[]> {
  const found: string[] = []
  const allowed = new Set(world.said())
  for (const member of world.honest) {
    for (const shown of shownIn(member, world.general.id)) if (!allowed.has(shown)) found.push(`${member.name} shows "${shown}"`)
    for (const shown of shownIn(member, world.side.id)) found.push(`${member.name} shows "${shown}" where nobody wrote`)
    const rights = rightsAt(member)
    if (!world.rights().includes(rights)) found.push(`${member.name} reads the rights ${rights}`)
    found.push(...(await foreignRows(world, member)))
  }
  return found
}

/** Who is what, as a member's screen says. */
export function rightsAt({ replica }: Member): string {
  const members = replica.workspace.read()?.members ?? []
  return members
    .map(({ name, role }) => `${name} ${role}`)
    .toSorted()
    .join(', ')
}

/** Envelopes on a member's disk in places where their author wrote others, or none. */
async function foreignRows({ honest, general, side }: World, member: Member): Promise<readonly string[]> {
  const found: string[] = []
  for (const author of honest) {
    if (author === member) continue
    for (const { topic } of [general, side]) {
      const head = (await member.store.heads(topic)).find(({ device }) => device === author.id)
      if (!head) continue
      const [own] = await author.store.read(topic, author.id, head.seq, 1)
      if (own?.id !== head.id) found.push(`${member.name} holds an envelope of ${author.name} that ${author.name} never wrote`)
    }
  }
  return found
}

/** What a member showed before and does not show now. */
export function lostSince(before: ReadonlyMap<Member, readonly string[]>, world: World): readonly string[] {
  return [...before].flatMap(([member, shown]) => {
    const now = new Set(shownIn(member, world.general.id))
    return shown.filter((text) => !now.has(text)).map((text) => `${member.name} has lost "${text}"`)
  })
}

/** What keeps the honest from being at one: empty when all read all that was said, in one order, over one log. */
export async function findDivergent(world: World, isForked = false): Promise<readonly string[]> {
  const { honest, general } = world
  const found: string[] = []
  const [first] = honest.map((member) => shownIn(member, general.id).join('\n'))
  const logs = await Promise.all(honest.map(async (member) => (await recordsOf(member)).map(toHex).join('\n')))
  for (const [index, member] of honest.entries()) {
    const shown = shownIn(member, general.id)
    const missing = world.said().filter((text) => !shown.includes(text))
    if (missing.length > 0) found.push(`${member.name} does not read ${missing.map((text) => `"${text}"`).join(' ')}`)
    if (shown.length > new Set(shown).size) found.push(`${member.name} reads something twice`)
    if (shown.join('\n') !== first) found.push(`${member.name} reads in another order than ${honest[0]?.name}`)
    if (rightsAt(member) !== world.rights().at(-1)) found.push(`${member.name} reads the rights ${rightsAt(member)}`)
    if (logs[index] !== logs[0] && !isForked) found.push(`the log of ${member.name} is not that of ${honest[0]?.name}`)
  }
  return found
}
