/** Carries out all attacks twice: before a relay that judges what it stores, and before one that takes everything. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { alarmsOf } from './alarms.ts'
import type { Attack, Verdict } from './attack.ts'
import { carryOut } from './attack.ts'
import type { MemberParts } from './members.ts'
import { openWorld } from './world.ts'
import type { Checks, World } from './world.ts'

export interface RunOptions {
  /** Empty; everything is written below it. */
  readonly folder: string
  readonly attacks: readonly Attack[]
  /** A bug in two of the three honest replicas. */
  readonly plant?: MemberParts
  /** Hears each verdict. */
  readonly note: (checks: Checks, verdict: Verdict, tookMs: number) => void
}

export async function runAttacks(options: RunOptions): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (const checks of ['on', 'off'] as const) verdicts.push(...(await runOnce(options, checks)))
  return verdicts
}

async function runOnce({ folder, attacks, plant, note }: RunOptions, checks: Checks): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  let world: World | null = null
  try {
    for (const attack of attacks) {
      const startMs = performance.now()
      // An alarm stays: one that somebody sees already would say nothing of this attack.
      if (world && attack.alarms?.some((code) => alarmsOf(world as World).includes(code))) world = await renewed(world)
      world ??= await openWorld({ checks, folder: await mkdtemp(join(folder, 'world-')), ...(plant ? { plant } : {}) })
      const verdict = await carryOut(world, attack)
      verdicts.push(verdict)
      note(checks, verdict, performance.now() - startMs)
      // Whatever it left behind is nobody else's fault.
      if (verdict.isSpoilt) world = await renewed(world)
    }
    return verdicts
  } finally {
    await world?.close()
  }
}

async function renewed(world: World): Promise<null> {
  await world.close()
  return null
}

/** Removes what a run has written. */
export async function withFolder<Value>(parent: string, work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(parent, 'poruch-hostile-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
