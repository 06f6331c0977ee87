/** The right pane: details of the open conversation, as wide as its reader likes; on a phone it covers the conversation. */
import { Divider, IconButton } from '@poruch/ui'
import type { ConversationId, Replica } from '@poruch/replica'
import X from 'lucide-solid/icons/x'
import type { JSX } from 'solid-js'
import { paneWidths } from './create-layout.ts'
import type { Layout } from './create-layout.ts'
import { useI18n } from './i18n.ts'
import { Details } from './parts.tsx'
import { detailsKeys } from './shortcuts.ts'

export interface DetailsPaneProps {
  readonly id: ConversationId
  readonly replica: Pick<Replica, 'workspace'>
  readonly layout: Layout
}

export function DetailsPane(props: DetailsPaneProps): JSX.Element {
  const i18n = useI18n()
  return (
    <aside class="details-pane" aria-label={i18n.t('details.title')}>
      <Divider
        label={i18n.t('layout.details')}
        value={props.layout.details()}
        {...paneWidths.details}
        side="left"
        onChange={props.layout.setDetails}
      />
      <header class="pane-head">
        <h2>{i18n.t('details.title')}</h2>
        <IconButton label={i18n.t('details.close')} keys={detailsKeys} onPress={props.layout.toggleDetails}>
          <X size={16} aria-hidden="true" />
        </IconButton>
      </header>
      <div class="pane-body" data-region="details" tabIndex={0}>
        <Details id={props.id} workspace={props.replica.workspace} />
      </div>
    </aside>
  )
}
