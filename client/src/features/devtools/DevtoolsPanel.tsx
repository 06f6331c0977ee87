/** For developers, under every screen (Ctrl+Shift+D): what this device holds and does, a worse network, and traces for the simulator. */
import { IconButton, Tabs } from '@poruch/ui'
import type { Replica } from '@poruch/replica'
import X from 'lucide-solid/icons/x'
import type { JSX } from 'solid-js'
import { createSignal, onCleanup } from 'solid-js'
import { useI18n } from '../../app/i18n.ts'
import { StorageTable } from './StorageTable.tsx'
import { Controls } from './Controls.tsx'
import { DocumentsTable, EpochsTable, LogTable, PeersTable, UnsentTable } from './Tables.tsx'
import type { Devtools } from './devtools.ts'
import './devtools.css'

export interface DevtoolsPanelProps {
  readonly replica: Pick<Replica, 'inspect' | 'readLog'>
  readonly devtools: Devtools
  readonly onClose: () => void
}

/** Sizes of documents cost their encoding: no more often than eyes follow numbers. */
const lookEveryMs = 1000

export function DevtoolsPanel(props: DevtoolsPanelProps): JSX.Element {
  const i18n = useI18n()
  const [ticks, setTicks] = createSignal(0)
  const timer = setInterval(() => setTicks((before) => before + 1), lookEveryMs)
  onCleanup(() => {
    clearInterval(timer)
  })
  const inspection = () => {
    ticks()
    return props.replica.inspect()
  }
  const panels: readonly (readonly [name: 'documents' | 'log' | 'peers' | 'unsent' | 'epochs' | 'storage', content: () => JSX.Element])[] =
    [
      ['documents', () => <DocumentsTable inspection={inspection()} />],
      ['log', () => <LogTable inspection={inspection()} replica={props.replica} ticks={ticks()} />],
      ['peers', () => <PeersTable inspection={inspection()} />],
      ['unsent', () => <UnsentTable inspection={inspection()} />],
      ['epochs', () => <EpochsTable inspection={inspection()} />],
      ['storage', () => <StorageTable inspection={inspection()} />],
    ]
  return (
    <section class="devtools" aria-label={i18n.t('devtools.title')} data-region="devtools" tabIndex={0}>
      <header class="devtools-head">
        <h2>{i18n.t('devtools.title')}</h2>
        <Controls devtools={props.devtools} isLeading={inspection()?.log.isLeading === true} />
        <IconButton label={i18n.t('devtools.close')} onPress={props.onClose}>
          <X size={16} aria-hidden="true" />
        </IconButton>
      </header>
      <Tabs
        label={i18n.t('devtools.title')}
        tabs={panels.map(([name, content]) => ({ id: name, label: i18n.t(`devtools.${name}`), content }))}
      />
    </section>
  )
}
