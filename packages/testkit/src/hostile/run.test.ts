import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Attack, Verdict } from './attack.ts'
import { attacks } from './attacks.ts'
import type { MemberParts } from './members.ts'
import { plants } from './plants.ts'
import { runAttacks } from './run.ts'

const slowMs = 300_000 // processes of Node on a busy machine; nothing waits for it

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poruch-hostile-'))
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

async function run(
  names: readonly string[],
  { plant, more = [] }: { plant?: MemberParts; more?: readonly Attack[] } = {},
): Promise<readonly Verdict[]> {
  const chosen = attacks.filter(({ name }) => names.includes(name))
  expect(chosen).toHaveLength(names.length)
  return runAttacks({ folder, attacks: [...chosen, ...more], note: () => undefined, ...(plant ? { plant } : {}) })
}

const forge = 'forge an envelope that opens, in a member’s name, signed by another key'
const late = 'serve what a removed member wrote after the removal'

test(
  '[HO1] [HO2] [HO3] honest devices hold against the real relay, judging or not; an alarm that does not show is a fault',
  { timeout: slowMs },
  async () => {
    const silent: Attack = { name: 'nothing', alarms: ['chain-elsewhere'], run: async () => Promise.resolve() }
    const verdicts = await run([forge, 'modify the sealed content', late], { more: [silent] })
    expect(verdicts.flatMap(({ faults }) => faults.map((fault) => fault.replace(/, but.*/u, '')))).toEqual([
      'nobody sees an alarm (chain-elsewhere)',
      'nobody sees an alarm (chain-elsewhere)',
    ])
    expect(verdicts).toHaveLength(8)
  },
)

test('[HO5] devices that check no signature, or know no cuts, are broken', { timeout: slowMs }, async () => {
  expect((await run([forge], { plant: plants['no-signature-check'] })).flatMap(({ faults }) => faults).join()).toMatch(/Bob/u)
  expect((await run([late], { plant: plants['no-cut'] })).flatMap(({ faults }) => faults).join()).toMatch(/Bob shows "Dave: late"/u)
})
