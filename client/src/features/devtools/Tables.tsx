/** The panel's tables over what the device says of itself. */
import type { Inspection, LogLine, Replica } from '@poruch/replica'
import type { TopicId } from '@poruch/base'
import { SelectField } from '@poruch/ui'
import type { JSX } from 'solid-js'
import { createResource, createSignal } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import type { AppI18n } from '../../app/i18n.ts'
import { personName } from '../../app/person-name.ts'
import { shortDevice } from '../../app/short-device.ts'
import { DataTable } from './DataTable.tsx'

interface TableProps {
  readonly inspection: Inspection | null
}

const idCharacters = 8
/** Of a state vector, which may have thousands of clients. */
const maxClientsShown = 4

const count = (i18n: AppI18n, value: number): string => new Intl.NumberFormat(i18n.language()).format(value)
const nameOf = (i18n: AppI18n, { title, topic }: { readonly title: string; readonly topic: TopicId }): string =>
  title === '' ? i18n.t('devtools.directory', { id: topic.slice(0, idCharacters) }) : title

export function DocumentsTable(props: TableProps): JSX.Element {
  const i18n = useI18n()
  const vector = (entries: Inspection['documents'][number]['stateVector']): string =>
    [
      ...entries.slice(0, maxClientsShown).map(({ client, clock }) => `${client.toString(36)}: ${clock}`),
      ...(entries.length > maxClientsShown ? [`+${entries.length - maxClientsShown}`] : []),
    ].join(', ')
  return (
    <DataTable
      caption={i18n.t('devtools.documents')}
      none={i18n.t('devtools.none')}
      columns={[
        { label: i18n.t('devtools.document') },
        { label: i18n.t('devtools.bytes'), isNumber: true },
        { label: i18n.t('devtools.structs'), isNumber: true },
        { label: i18n.t('devtools.chains'), isNumber: true },
        { label: i18n.t('devtools.envelopes'), isNumber: true },
        { label: i18n.t('devtools.vector') },
      ]}
      rows={(props.inspection?.documents ?? []).map((document) => [
        nameOf(i18n, document),
        count(i18n, document.sizeBytes),
        count(i18n, document.structs),
        document.heads.length,
        count(
          i18n,
          document.heads.reduce((sum, { seq }) => sum + seq, 0),
        ),
        vector(document.stateVector),
      ])}
    />
  )
}

export function LogTable(props: TableProps & { readonly replica: Pick<Replica, 'readLog'>; readonly ticks: number }): JSX.Element {
  const i18n = useI18n()
  const [chosen, setChosen] = createSignal<string>('')
  const documents = (): Inspection['documents'] => props.inspection?.documents ?? []
  const topic = (): TopicId | undefined => (documents().find((one) => one.topic === chosen()) ?? documents()[0])?.topic
  const [lines] = createResource(
    () => [topic(), props.ticks] as const,
    async ([asked]): Promise<readonly LogLine[]> => (asked ? props.replica.readLog(asked) : []),
    { initialValue: [] },
  )
  return (
    <>
      <SelectField
        label={i18n.t('devtools.document')}
        value={topic() ?? ''}
        options={documents().map((document) => ({ value: document.topic, label: nameOf(i18n, document) }))}
        onInput={setChosen}
      />
      <DataTable
        caption={i18n.t('devtools.log')}
        none={i18n.t('devtools.none')}
        columns={[
          { label: i18n.t('devtools.author') },
          { label: i18n.t('devtools.device') },
          { label: i18n.t('devtools.seq'), isNumber: true },
          { label: i18n.t('devtools.lamport'), isNumber: true },
          { label: i18n.t('devtools.epoch'), isNumber: true },
          { label: i18n.t('devtools.position'), isNumber: true },
          { label: i18n.t('devtools.bytes'), isNumber: true },
          { label: i18n.t('devtools.verified') },
        ]}
        rows={lines.latest.map((line) => [
          personName(i18n, line.name),
          shortDevice(line.device),
          line.seq,
          line.lamport,
          line.gen,
          line.pos,
          count(i18n, line.sizeBytes),
          i18n.t(`devtools.state.${line.state}`),
        ])}
      />
    </>
  )
}

export function PeersTable(props: TableProps): JSX.Element {
  const i18n = useI18n()
  return (
    <DataTable
      caption={i18n.t('devtools.peers')}
      none={i18n.t('devtools.noPeers')}
      columns={[
        { label: i18n.t('devtools.person') },
        { label: i18n.t('devtools.transport') },
        { label: i18n.t('devtools.roundTrip'), isNumber: true },
        { label: i18n.t('devtools.behind'), isNumber: true },
      ]}
      rows={(props.inspection?.peers ?? []).map(({ name, roundTripMs, behindBy }) => [
        personName(i18n, name),
        'WebRTC',
        roundTripMs === null ? '–' : roundTripMs.toFixed(1),
        behindBy,
      ])}
    />
  )
}

export function UnsentTable(props: TableProps): JSX.Element {
  const i18n = useI18n()
  return (
    <DataTable
      caption={i18n.t('devtools.unsent')}
      none={i18n.t('connection.allSent')}
      columns={[
        { label: i18n.t('devtools.document') },
        { label: i18n.t('devtools.seq'), isNumber: true },
        { label: i18n.t('devtools.heldByPeers'), isNumber: true },
      ]}
      rows={(props.inspection?.unsent ?? []).map((line) => [nameOf(i18n, line), line.seq, line.peers])}
    />
  )
}

export function EpochsTable(props: TableProps): JSX.Element {
  const i18n = useI18n()
  return (
    <DataTable
      caption={i18n.t('devtools.epochs')}
      none={i18n.t('devtools.none')}
      columns={[
        { label: i18n.t('devtools.epoch'), isNumber: true },
        { label: i18n.t('devtools.id') },
        { label: i18n.t('devtools.position'), isNumber: true },
        { label: i18n.t('devtools.key') },
      ]}
      rows={(props.inspection?.epochs ?? []).map(({ gen, id, pos, isHeld }) => [
        gen,
        id.slice(0, 2 * idCharacters),
        pos,
        i18n.t(isHeld ? 'devtools.keyHeld' : 'devtools.keyMissing'),
      ])}
    />
  )
}
