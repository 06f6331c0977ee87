/** The bug that the loop must find: a relay log that answers before its commit. */
import { openSqliteRelayLog as openHonest } from '@poruch/adapters-node'
import type { TopicId } from '@poruch/base'
import type { Appended, RelayLog, RelayRow } from '@poruch/sync/relay-log'

/** A write that was answered reaches the disk so much later. */
const commitDelayMs = 100

/** In place of the real one: the same database, but appended rows are answered and read out of memory while they wait for it. */
export async function openSqliteRelayLog(options: Parameters<typeof openHonest>[0]): ReturnType<typeof openHonest> {
  return answerEarly(await openHonest(options))
}

export function answerEarly<Log extends RelayLog>(log: Log): Log {
  const waiting: RelayRow[] = []
  let turn: Promise<unknown> = Promise.resolve()
  let writing: Promise<void> | null = null
  const inTurn = async <T>(run: () => Promise<T>): Promise<T> => {
    const next = turn.then(run)
    turn = next.catch(() => undefined)
    return next
  }
  const flush = async (): Promise<void> => {
    for (let row = waiting[0]; row; row = waiting[0]) {
      await log.append(row)
      waiting.shift()
    }
  }
  const commitLater = (): void => {
    writing ??= new Promise<void>((resolve) => setTimeout(resolve, commitDelayMs)).then(flush).finally(() => {
      writing = null
      if (waiting.length > 0) commitLater()
    })
  }
  return {
    ...log,
    ...readThrough(log, waiting),
    append: async (row) =>
      inTurn(async () => {
        const answer = await judge(log, waiting, row)
        if (!answer.ok || answer.known) return answer
        waiting.push({ ...row, relaySeq: answer.relaySeq })
        commitLater()
        return answer
      }),
    close: async () => {
      while (writing) await writing
      await log.close()
    },
  }
}

type Waiting = readonly RelayRow[]
type Reads = Pick<RelayLog, 'head' | 'at' | 'chainHead' | 'chainAt' | 'read'>

/** What waits comes before what is stored: a row may be in both for a moment. */
function readThrough(log: RelayLog, waiting: Waiting): Reads {
  const last = (topic: TopicId): RelayRow | undefined => waiting.findLast((row) => row.topic === topic)
  return {
    head: async (topic) => last(topic) ?? log.head(topic),
    at: async (topic, relaySeq) => waiting.find((row) => row.topic === topic && row.relaySeq === relaySeq) ?? log.at(topic, relaySeq),
    chainHead: async (topic, device) =>
      waiting.findLast((row) => row.topic === topic && row.device === device) ?? log.chainHead(topic, device),
    chainAt: async (topic, device, deviceSeq) =>
      waiting.find((row) => row.topic === topic && row.device === device && row.deviceSeq === deviceSeq) ??
      log.chainAt(topic, device, deviceSeq),
    read: async (topic, afterRelaySeq, limit) => {
      const tail = waiting.filter((row) => row.topic === topic)
      const stored = await log.read(topic, afterRelaySeq, limit)
      const from = stored.at(-1)?.relaySeq ?? afterRelaySeq
      return [...stored, ...tail.filter((row) => row.relaySeq > from)].slice(0, limit)
    },
  }
}

async function judge(log: RelayLog, waiting: Waiting, row: Omit<RelayRow, 'relaySeq'>): Promise<Appended> {
  const reads = readThrough(log, waiting)
  const present = await reads.chainAt(row.topic, row.device, row.deviceSeq)
  if (present) return present.id === row.id ? { ok: true, relaySeq: present.relaySeq, known: true } : { ok: false, reason: 'fork' }
  const end = await reads.chainHead(row.topic, row.device)
  if (row.deviceSeq !== (end?.deviceSeq ?? 0) + 1) return { ok: false, reason: 'chain' }
  return { ok: true, relaySeq: (await reads.head(row.topic)).relaySeq + 1, known: false }
}
