/** The parts of a device that few sessions need: files of their own, so that no start waits for them. */

export const laterParts = {
  recovery: async () => import('./recovery.ts'),
  compaction: async () => import('./compaction.ts'),
  moving: async () => import('./moving.ts'),
  newcomerStart: async () => import('./newcomer-start.ts'),
}

/** Where time must not pass for a file that comes from a disk, as in a simulation, all of them are loaded before. */
export async function loadLaterParts(): Promise<void> {
  await Promise.all(Object.values(laterParts).map(async (load) => load()))
}
